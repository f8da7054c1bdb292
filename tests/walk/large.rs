//! An RSA key as large as they come: to generate one takes too long.

use crate::common::*;
use crate::rsa_keys::Numbers;

pub fn pair(s: &Session) -> (CK_OBJECT_HANDLE, CK_OBJECT_HANDLE) {
    let lines: Vec<&str> = include_str!("rsa-8192.txt").lines().skip(1).collect();
    let [n, e, d, p, q, dp, dq, qinv] = lines[..] else { panic!("eight numbers") };
    Numbers { n, e, d, p, q, dp, dq, qinv }.import(s)
}
