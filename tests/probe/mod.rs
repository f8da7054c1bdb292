//! Asks C compilers about a header: whether they take it, and how its structures lie in memory.
#![allow(dead_code)] // Each test program uses a part of it.

use crate::bindings::c_header::{Member, Structure};
use crate::compiler::{folder, root, run};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Checks that a compiler takes our header without a word.
pub fn accepts(compiler: &str, standard: &str) {
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
    let folder = folder(&format!("strict-{standard}"));
    let source = folder.join(if compiler == "c++" { "s.cc" } else { "s.c" });
    fs::write(&source, program).unwrap();
    let mut command = Command::new(compiler);
    command.args(["-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Wshadow", "-Wundef", "-c"]);
    command.arg(format!("-std={standard}")).arg("-I").arg(root().join("include"));
    run(command.arg("-o").arg(folder.join("s.o")).arg(&source));
}

/// The size of each structure by its name, the offset of each member by `STRUCTURE::member`, and its size.
pub fn layout(name: &str, header: &Path, structures: &[Structure<'_>]) -> BTreeMap<String, u64> {
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
pub fn values(name: &str, header: &Path, names: &[String]) -> BTreeMap<String, u64> {
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
