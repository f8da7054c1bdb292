//! Writes the C header from the bindings.
//!
//! cbindgen cannot: it does not follow the `include!` by which `cryptoki-sys` chooses its bindings, nor the macro that
//! makes our entries; it writes constants without the suffix that makes them unsigned long in an `#if` or an expression;
//! and it would declare `CK_ATTRIBUTE` with a member `type_`. What is left, structures and typedefs, is little.

use super::{Constant, constants};
use std::collections::BTreeSet;

const TOP: &str = "\
/* The C interface of Ferrotoken: PKCS#11 version 3.2 with the names of the OASIS standard.
 *
 * Made by tests/header.rs from the Rust declarations that the library itself is built on; do not edit. */

#ifndef FERROTOKEN_PKCS11_H
#define FERROTOKEN_PKCS11_H

#include <stddef.h>

#ifdef __cplusplus
extern \"C\" {
#endif

/* On Windows the standard packs structures without gaps. */
#if defined(_WIN32) || defined(CRYPTOKI_FORCE_WIN32)
#pragma pack(push, cryptoki, 1)
#endif

/* The macros that the standard leaves to the platform; a program may have its own. */
#ifndef CK_PTR
#define CK_PTR *
#endif
#ifndef NULL_PTR
#define NULL_PTR NULL
#endif
#ifndef CK_DECLARE_FUNCTION
#ifdef _WIN32
#define CK_DECLARE_FUNCTION(result, name) extern __declspec(dllimport) result name
#else
#define CK_DECLARE_FUNCTION(result, name) extern result name
#endif
#endif
#ifndef CK_DEFINE_FUNCTION
#define CK_DEFINE_FUNCTION(result, name) result name
#endif
#ifndef CK_DECLARE_FUNCTION_POINTER
#define CK_DECLARE_FUNCTION_POINTER(result, name) result (*name)
#endif
#ifndef CK_CALLBACK_FUNCTION
#define CK_CALLBACK_FUNCTION(result, name) result (*name)
#endif
";

const BOTTOM: &str = "
#if defined(_WIN32) || defined(CRYPTOKI_FORCE_WIN32)
#pragma pack(pop, cryptoki)
#endif

#ifdef __cplusplus
}
#endif

#endif /* FERROTOKEN_PKCS11_H */
";

/// A structure of the bindings: its name and its members, by their names in C.
pub struct Structure<'a> {
    pub name: String,
    pub members: Vec<Member<'a>>,
}

/// A member of a structure.
pub struct Member<'a> {
    pub name: String,
    kind: &'a syn::Type,
}

/// The header.
pub fn header(source: &syn::File) -> String {
    let structures = structures(source);
    let types = Types::of(source);
    let mut text = String::from(TOP);

    text += "\n/* Structures; what is in them follows. */\n";
    for Structure { name, .. } in &structures {
        text += &format!("typedef struct {name} {name};\n");
    }
    text += "\n/* Numbers and pointers. */\n";
    for (name, kind) in types.plain() {
        text += &declare("typedef ", &types.in_c(kind, name), name);
    }
    text += "\n/* Functions that the application gives. */\n";
    for (name, function) in types.functions().filter(|(name, _)| !name.starts_with("CK_C_")) {
        text += &format!("typedef CK_CALLBACK_FUNCTION(CK_RV, {name})({});\n", types.arguments(function));
    }
    let (lists, others): (Vec<_>, Vec<_>) =
        structures.iter().partition(|structure| structure.name.starts_with("CK_FUNCTION_LIST"));
    for structure in others {
        text += &structure.in_c(&types);
    }
    text += "\n/* Functions of the library. */\n";
    let functions: Vec<_> =
        types.functions().filter_map(|(name, function)| Some((name.strip_prefix("CK_C_")?, function))).collect();
    for (name, function) in &functions {
        text += &format!("CK_DECLARE_FUNCTION(CK_RV, C_{name})({});\n", types.arguments(function));
    }
    text += "\n/* Pointers to them. */\n";
    for (name, function) in &functions {
        text += &format!("typedef CK_DECLARE_FUNCTION_POINTER(CK_RV, CK_C_{name})({});\n", types.arguments(function));
    }
    for structure in lists {
        text += &structure.in_c(&types);
    }
    text += &constants_in_c(&constants(source));
    text + BOTTOM
}

/// Every structure of C, in the bindings' order.
pub fn structures(source: &syn::File) -> Vec<Structure<'_>> {
    source.items.iter().filter_map(structure).collect()
}

fn structure(item: &syn::Item) -> Option<Structure<'_>> {
    let syn::Item::Struct(item) = item else { return None };
    // Not C: the bindings' own means to load a library.
    if !item.attrs.iter().any(|attribute| attribute.path().is_ident("repr")) {
        return None;
    }
    Some(Structure { name: item.ident.to_string(), members: item.fields.iter().filter_map(member).collect() })
}

fn member(field: &syn::Field) -> Option<Member<'_>> {
    let name = field.ident.as_ref().expect("C has names for members").to_string();
    // An underscore keeps Rust's keywords apart. The one member of a structure that is only declared is not real.
    let name = name.strip_suffix('_').unwrap_or(&name).to_owned();
    (name != "_unused").then_some(Member { name, kind: &field.ty })
}

impl Structure<'_> {
    /// Empty for one that the standard's header only declares.
    fn in_c(&self, types: &Types<'_>) -> String {
        if self.members.is_empty() {
            return String::new();
        }
        let mut text = format!("\nstruct {} {{\n", self.name);
        for Member { name, kind } in &self.members {
            text += &declare("    ", &types.in_c(kind, ""), name);
        }
        text + "};\n"
    }
}

/// `before type name;`, where an array's length comes after the name.
fn declare(before: &str, kind: &str, name: &str) -> String {
    match kind.split_once('[') {
        Some((item, length)) => format!("{before}{item} {name}[{length};\n"),
        None if kind.ends_with('*') => format!("{before}{kind}{name};\n"),
        None => format!("{before}{kind} {name};\n"),
    }
}

/// The type definitions of the bindings.
struct Types<'a> {
    items: Vec<(String, &'a syn::Type)>,
    names: BTreeSet<String>,
}

impl<'a> Types<'a> {
    fn of(source: &'a syn::File) -> Self {
        let alias = |item: &'a syn::Item| match item {
            syn::Item::Type(item) => Some((item.ident.to_string(), &*item.ty)),
            _ => None,
        };
        let items: Vec<_> = source.items.iter().filter_map(alias).collect();
        let names = items.iter().map(|(name, _)| name.clone()).collect();
        Types { items, names }
    }

    /// Those that are not pointers to functions, in an order in which each uses only what came before.
    fn plain(&self) -> impl Iterator<Item = (&str, &'a syn::Type)> {
        self.items.iter().filter(|(_, kind)| function(kind).is_none()).map(|(name, kind)| (name.as_str(), *kind))
    }

    /// Those that are pointers to functions.
    fn functions(&self) -> impl Iterator<Item = (&str, &'a syn::TypeBareFn)> {
        self.items.iter().filter_map(|(name, kind)| Some((name.as_str(), function(kind)?)))
    }

    fn arguments(&self, function: &syn::TypeBareFn) -> String {
        let arguments: Vec<_> = function.inputs.iter().map(|argument| self.in_c(&argument.ty, "")).collect();
        if arguments.is_empty() { "void".into() } else { arguments.join(", ") }
    }

    /// A type as C writes it, with the standard's name for a pointer where there is one. `definition` is the name that
    /// is being defined, which cannot be used yet.
    fn in_c(&self, kind: &syn::Type, definition: &str) -> String {
        match kind {
            syn::Type::Path(kind) => match kind.path.segments.last().expect("a path has an end").ident.to_string() {
                name if name == "c_uchar" => "unsigned char".into(),
                name if name == "c_ulong" => "unsigned long".into(),
                name if name == "c_void" => "void".into(),
                name => name,
            },
            syn::Type::Ptr(pointer) => {
                let target = self.in_c(&pointer.elem, definition);
                let name = match target.as_str() {
                    "void" | "void *" => format!("CK_VOID_PTR{}", if target == "void" { "" } else { "_PTR" }),
                    _ => format!("{target}_PTR"),
                };
                match definition {
                    "" if self.names.contains(&name) => name,
                    _ if target.ends_with('*') => format!("{target}*"),
                    _ => format!("{target} *"),
                }
            }
            syn::Type::Array(array) => {
                let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(length), .. }) = &array.len else {
                    panic!("an array's length is a number")
                };
                format!("{}[{}]", self.in_c(&array.elem, definition), length.base10_digits())
            }
            _ => panic!("the bindings have numbers, pointers and arrays only"),
        }
    }
}

/// The function of an `Option<unsafe extern "C" fn …>`.
fn function(kind: &syn::Type) -> Option<&syn::TypeBareFn> {
    let syn::Type::Path(kind) = kind else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &kind.path.segments.last()?.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(syn::Type::BareFn(function)) => Some(function),
        _ => None,
    }
}

/// Constants as macros, so that the preprocessor knows them too.
fn constants_in_c(constants: &[Constant]) -> String {
    // Not a literal in the bindings: its value depends on the width of a long.
    let mut text = String::from("\n#define CK_UNAVAILABLE_INFORMATION (~0UL)\n");
    let mut last = "";
    for Constant { name, kind, value } in constants {
        let family = name.split_once('_').map_or("", |(family, _)| family);
        if family != last {
            text += "\n";
        }
        last = family;
        text += &match kind.as_str() {
            "CK_BBOOL" | "CK_BYTE" => format!("#define {name} {value}\n"),
            _ => format!("#define {name} 0x{value:08x}UL\n"),
        };
    }
    text
}
