//! Other people's programs on the built library. They need Debian's packages, which `.ci/run` installs: that is why they
//! are behind the feature `clients`.
//!
//! Each program is tried on a token in memory and on one that lasts, some in the versions of Debian 13 as well (`Setting`). A
//! token in memory lives in one process: a program starts with the keys that a configuration imports, and what it makes is gone
//! when it ends. On one that lasts the next program finds it.

mod bind;
#[path = "../common/mod.rs"]
mod common;
mod debian;
#[path = "../tool/desk.rs"]
mod desk;
mod gnutls;
mod java;
mod languages;
mod moving;
mod nginx;
mod nss;
mod openssh;
mod openssl;
mod p11_kit;
mod package;
mod pages;
mod pkcs11_tool;
mod provider;
mod secret_keys;
mod tool;
mod workshop;
