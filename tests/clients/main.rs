//! Other people's programs on the built library. They need Debian's packages, which `.ci/run` installs: that is why they
//! are behind the feature `clients`.
//!
//! A memory token lives in one process, so each program starts with the keys that a configuration imports, and what it
//! makes is gone when it ends.

#[path = "../common/mod.rs"]
mod common;
mod gnutls;
mod java;
mod nginx;
mod nss;
mod openssh;
mod openssl;
mod p11_kit;
mod pkcs11_tool;
mod python;
mod workshop;
