//! Searches after random changes, held against a list that does the same without any index.

use crate::common::*;
use crate::making::*;
use std::collections::BTreeMap;

const STEPS: usize = 20_000;

/// What a search can ask for here: class, label, identifier, and one attribute without an index.
#[derive(Clone, PartialEq)]
struct Seen {
    class: CK_OBJECT_CLASS,
    label: Vec<u8>,
    id: Option<Vec<u8>>,
    application: Option<Vec<u8>>,
}

/// A small random generator: the steps are the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }

    /// A short string of few, so that many objects have the same.
    fn word(&mut self) -> Vec<u8> {
        [&b""[..], b"a", b"b", b"ab", b"label", &[0], &[0, 0], &[0xff; 40]][self.below(8)].to_vec()
    }
}

struct World {
    random: Random,
    objects: BTreeMap<CK_OBJECT_HANDLE, Seen>,
}

impl World {
    fn pick(&mut self) -> Option<CK_OBJECT_HANDLE> {
        let count = self.objects.len();
        if count == 0 {
            return None;
        }
        let index = self.random.below(count);
        self.objects.keys().nth(index).copied()
    }

    fn make(&mut self, session: &Session) {
        let label = self.random.word();
        let (seen, rest) = if self.random.below(2) == 0 {
            let application = self.random.word();
            let rest = vec![class(CKO_DATA), bytes(CKA_APPLICATION, &application)];
            (Seen { class: CKO_DATA, label, id: None, application: Some(application) }, rest)
        } else {
            let id = self.random.word();
            let rest = with(&generic_template(b"x"), &[bytes(CKA_ID, &id)]);
            (Seen { class: CKO_SECRET_KEY, label, id: Some(id), application: None }, rest)
        };
        let handle = ok(session.create(&with(&rest, &[bytes(CKA_LABEL, &seen.label)])));
        assert!(self.objects.insert(handle, seen).is_none(), "a handle was used again");
    }

    fn change(&mut self, session: &Session) {
        let Some(handle) = self.pick() else { return };
        let (label, id) = (self.random.word(), self.random.word());
        let copies = self.random.below(3) == 0;
        let mut seen = self.objects[&handle].clone();
        let mut template = vec![bytes(CKA_LABEL, &label)];
        seen.label = label;
        if seen.id.is_some() && self.random.below(2) == 0 {
            template.push(bytes(CKA_ID, &id));
            seen.id = Some(id);
        }
        if self.random.below(4) == 0 {
            // Refused as a whole, so that nothing may move.
            template.push(bytes(CKA_VALUE, b"y"));
            refused(session.set(handle, &template), CKR_ATTRIBUTE_READ_ONLY);
        } else if copies {
            let copy = ok(session.copy(handle, &template));
            assert!(self.objects.insert(copy, seen).is_none(), "a handle was used again");
        } else {
            ok(session.set(handle, &template));
            self.objects.insert(handle, seen);
        }
    }

    fn destroy(&mut self, session: &Session) {
        let Some(handle) = self.pick() else { return };
        ok(session.destroy(handle));
        self.objects.remove(&handle);
    }

    fn search(&mut self, session: &Session) {
        let mut template = Vec::new();
        let mut expected: Vec<_> = self.objects.iter().collect();
        if self.random.below(2) == 0 {
            let wanted = [CKO_DATA, CKO_SECRET_KEY, CKO_CERTIFICATE][self.random.below(3)];
            template.push(class(wanted));
            expected.retain(|(_, seen)| seen.class == wanted);
        }
        if self.random.below(2) == 0 {
            let wanted = self.random.word();
            template.push(bytes(CKA_LABEL, &wanted));
            expected.retain(|(_, seen)| seen.label == wanted);
        }
        if self.random.below(3) == 0 {
            let wanted = self.random.word();
            template.push(bytes(CKA_ID, &wanted));
            expected.retain(|(_, seen)| seen.id.as_ref() == Some(&wanted));
        }
        if self.random.below(4) == 0 {
            let wanted = self.random.word();
            template.push(bytes(CKA_APPLICATION, &wanted));
            expected.retain(|(_, seen)| seen.application.as_ref() == Some(&wanted));
        }
        let expected: Vec<_> = expected.into_iter().map(|(handle, _)| *handle).collect();
        assert_eq!(session.find(&template), expected);
    }
}

#[test]
fn searches_agree_with_a_plain_list_after_random_changes() {
    let token = token();
    let session = token.user();
    let mut world = World { random: Random(0x9e37_79b9_7f4a_7c15), objects: BTreeMap::new() };
    for _ in 0..STEPS {
        match world.random.below(10) {
            0 | 1 => world.make(&session),
            2 | 3 => world.change(&session),
            4 if world.objects.len() > 60 => world.destroy(&session),
            5 => world.destroy(&session),
            _ => world.search(&session),
        }
    }
    ok(session.close());
    assert_eq!(token.user().find(&[]), [], "session objects went with their session");
}
