//! Other people's programs on the built library. They need Debian's packages, which `.ci/run` installs: that is why they
//! are behind the feature `clients`.
//!
//! Each program is tried on a token in memory and on one that lasts (`Token::BOTH`). The former lives in one process: a program
//! starts with the keys that a configuration imports, and what it makes is gone when it ends. On the latter the next program
//! finds it.

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
