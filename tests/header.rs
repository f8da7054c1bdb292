//! The C header: it is what the Rust declarations give, C and C++ compilers take it, and it agrees with Debian's.

mod bindings;
mod compiler;

use bindings::c_header::{Member, Structure, header, structures};
use bindings::{compare, constants, source};
use compiler::{folder, root, run};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// Debian's header, of package libp11-kit-dev.
const DEBIANS: &str = "/usr/include/p11-kit-1/p11-kit/pkcs11.h";

/// Constants to which Debian's header gives 0x1c0 to 0x1c4, and every version of the standard 0x1b5 to 0x1b9.
const DEBIANS_ERRORS: &[&str] = &[
    "CKR_EXCEEDED_MAX_ITERATIONS",
    "CKR_FIPS_SELF_TEST_FAILED",
    "CKR_LIBRARY_LOAD_FAILED",
    "CKR_PIN_TOO_WEAK",
    "CKR_PUBLIC_KEY_INVALID",
];

#[test]
fn the_header_is_what_the_bindings_give() {
    compare("include/pkcs11.h", &header(&source()));
}

#[test]
fn strict_compilers_take_the_header() {
    // Constants work where C wants them constant: in #if, in case labels, as array sizes.
    let program = r#"
        #include "pkcs11.h"
        #if CKR_VENDOR_DEFINED != 0x80000000UL || CKF_ARRAY_ATTRIBUTE != 0x40000000UL || CK_TRUE != 1 || CK_FALSE != 0
        #error "constants"
        #endif
        #if CRYPTOKI_VERSION_MAJOR != 3 || CRYPTOKI_VERSION_MINOR != 2
        #error "version"
        #endif
        extern const char *name(CK_RV code);
        const char *name(CK_RV code)
        {
            switch (code) {
            case CKR_OK: return "CKR_OK";
            case CKR_VENDOR_DEFINED: return "CKR_VENDOR_DEFINED";
            case CK_UNAVAILABLE_INFORMATION: return "CK_UNAVAILABLE_INFORMATION";
            default: return NULL_PTR;
            }
        }
        extern int main(void);
        int main(void)
        {
            CK_ATTRIBUTE attribute = { CKA_CLASS, NULL_PTR, 0 };
            CK_BBOOL yes = CK_TRUE;
            CK_C_INITIALIZE_ARGS arguments = { NULL_PTR, NULL_PTR, NULL_PTR, NULL_PTR, CKF_OS_LOCKING_OK, NULL_PTR };
            CK_FUNCTION_LIST_3_2_PTR functions = NULL_PTR;
            CK_C_Initialize initialise = NULL_PTR;
            attribute.type = CKA_TOKEN;
            attribute.pValue = &yes;
            attribute.ulValueLen = sizeof yes;
            (void)arguments; (void)functions; (void)initialise;
            return name(attribute.type) == NULL_PTR;
        }
    "#;
    let folder = folder("strict");
    for (compiler, standard, file) in
        [("cc", "-std=c99", "s.c"), ("cc", "-std=c11", "s.c"), ("cc", "-std=c17", "s.c"), ("c++", "-std=c++11", "s.cc")]
    {
        let source = folder.join(file);
        fs::write(&source, program).unwrap();
        let mut command = Command::new(compiler);
        command.args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wshadow", "-Wundef", "-c"]);
        // A C compiler is what the tests ask for; where there is no C++ one, C++ goes unchecked.
        if compiler == "c++" && !works(Command::new(compiler).arg("--version")) {
            continue;
        }
        run(command.arg("-I").arg(root().join("include")).arg("-o").arg(folder.join("s.o")).arg(&source));
    }
}

#[test]
fn structures_lie_in_memory_as_rust_lays_them() {
    // What rustc checked when it compiled the bindings for 64-bit Unix is written in them.
    if cfg!(not(all(unix, target_pointer_width = "64"))) {
        return;
    }
    let source = source();
    let structures = structures(&source);
    let ours = layout("ours", &root().join("include/pkcs11.h"), &structures);
    let rusts = bindings::layout();
    assert!(rusts.len() > 500, "the bindings state their layout");
    for (place, number) in &rusts {
        assert_eq!(ours.get(place), Some(number), "{place}");
    }
}

#[test]
fn structures_lie_in_memory_as_in_debians_header() {
    let macros = macros_and_types(Path::new(DEBIANS));
    let source = source();
    let mut structures = structures(&source);
    structures.retain(|structure| macros.types.contains(&structure.name));
    assert!(structures.len() >= 22, "only {} structures in common", structures.len());
    let ours = layout("with ours", &root().join("include/pkcs11.h"), &structures);
    let debians = layout("with debians", Path::new(DEBIANS), &structures);
    assert_eq!(ours, debians);
}

#[test]
fn constants_have_the_values_of_debians_header() {
    let macros = macros_and_types(Path::new(DEBIANS));
    let mut names: Vec<_> = constants(&source()).into_iter().map(|constant| constant.name).collect();
    names.push("CK_UNAVAILABLE_INFORMATION".into());
    // Debian's is of 2.40, with what was added to it since.
    names.retain(|name| macros.macros.contains(name) && !name.starts_with("CRYPTOKI_VERSION"));
    assert!(names.len() >= 500, "only {} constants in common", names.len());
    let ours = values("value of ours", &root().join("include/pkcs11.h"), &names);
    let debians = values("value of debians", Path::new(DEBIANS), &names);
    let differ: Vec<_> = names.iter().filter(|name| ours[*name] != debians[*name]).collect();
    assert_eq!(differ, DEBIANS_ERRORS);
}

/// The size of each structure by its name, the offset of each member by `STRUCTURE::member`, and its size.
fn layout(name: &str, header: &Path, structures: &[Structure<'_>]) -> BTreeMap<String, u64> {
    let mut body = String::new();
    for Structure { name, members } in structures.iter().filter(|structure| !structure.members.is_empty()) {
        body += &format!("printf(\"{name} %zu\\n\", sizeof({name}));\n");
        for Member { name: member, .. } in members {
            body += &format!("printf(\"{name}::{member} %zu\\n\", offsetof({name}, {member}));\n");
            body += &format!("printf(\"sizeof({name}::{member}) %zu\\n\", sizeof((({name} *)0)->{member}));\n");
        }
    }
    print(name, header, &body)
}

/// The value of each constant.
fn values(name: &str, header: &Path, names: &[String]) -> BTreeMap<String, u64> {
    let lines: String =
        names.iter().map(|name| format!("printf(\"{name} %lu\\n\", (unsigned long)({name}));\n")).collect();
    print(name, header, &lines)
}

/// Compiles and runs a C program that includes the header, and reads the lines `NAME VALUE` that it prints.
fn print(name: &str, header: &Path, body: &str) -> BTreeMap<String, u64> {
    let folder = folder(name);
    let source = folder.join("print.c");
    let program = folder.join("print");
    let text = format!(
        "#include <stddef.h>\n#include <stdio.h>\n#include \"{}\"\nint main(void) {{\n{body}return 0;\n}}\n",
        header.display()
    );
    fs::write(&source, text).unwrap();
    run(Command::new("cc").arg("-o").arg(&program).arg(&source));
    let output = run(&mut Command::new(&program));
    let pair =
        |line: &str| line.split_once(' ').map(|(name, value)| (name.to_owned(), value.parse().unwrap())).unwrap();
    output.lines().map(pair).collect()
}

/// The names that a header defines.
struct Names {
    macros: BTreeSet<String>,
    types: BTreeSet<String>,
}

fn macros_and_types(header: &Path) -> Names {
    assert!(header.exists(), "{}: install libp11-kit-dev", header.display());
    let macros = run(Command::new("cc").args(["-E", "-dM"]).arg(header));
    let macros = macros.lines().filter_map(|line| line.split(' ').nth(1)).map(str::to_owned).collect();
    let text = run(Command::new("cc").args(["-E", "-P"]).arg(header));
    // `typedef struct _CK_INFO CK_INFO;` or `typedef struct CK_OTP_PARAM { … } CK_OTP_PARAM;`
    let ends = |statement: &&str| statement.starts_with("typedef struct") || statement.starts_with('}');
    let types = text.split(';').map(str::trim).filter(ends);
    let types = types.filter_map(|statement| statement.split_whitespace().last()).map(str::to_owned).collect();
    Names { macros, types }
}

fn works(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}
