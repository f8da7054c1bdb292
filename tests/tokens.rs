mod common;
use common::*;

#[test]
fn digests() {
    let token = token();
    let session = token.session();
    assert_eq!(ok(session.digest(&mech(CKM_SHA256), b"abc")).len(), 32);
}
