//! What the process does that loses its power, and what there must be afterwards.

use super::super::scene::*;
use crate::common::*;
use std::collections::BTreeMap;

const PINS: [&str; 3] = [USER_PIN, "the second PIN", "the third PIN"];
const HSS_LABEL: &str = "signs a few times";
const LEAVES: CK_ULONG = 32;
/// More than SQLite lets its log grow to.
const LARGE: usize = 4_200_000;

/// One call that changes something, with what it needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    InitToken,
    InitPin,
    Login,
    Logout,
    /// A wrong PIN.
    Miss,
    Create(usize),
    CreatePublic(usize),
    CreateLarge(usize),
    Rename(usize, u8),
    Destroy(usize),
    SetPin(usize),
    GenerateHss,
    SignHss,
    /// The library is finalised, and initialised again.
    Restart,
}

/// The whole script.
pub fn script() -> Vec<Step> {
    use Step::*;
    let mut script = vec![InitToken, InitPin, Login, Create(0), Create(1), CreatePublic(2), Rename(0, 1), GenerateHss];
    script.extend([SignHss, SignHss, Destroy(1), SetPin(1), Create(3), Logout, Miss, CreatePublic(4), Rename(4, 2)]);
    script.extend([CreatePublic(5), Destroy(5), Login, SignHss, Destroy(2), Restart, Miss, Login, SignHss]);
    for number in 10..30 {
        script.push(if number % 4 == 0 { CreatePublic(number) } else { Create(number) });
        match number % 5 {
            0 => script.push(Rename(number, number as u8)),
            1 => script.push(Destroy(number - 1)),
            2 => script.push(SetPin(number % 3)),
            3 => script.push(SignHss),
            _ => {}
        }
    }
    script.extend([
        CreateLarge(50),
        Create(51),
        Rename(51, 3),
        Destroy(50),
        Create(52),
        SignHss,
        SetPin(2),
        Create(53),
    ]);
    script.extend([Logout, InitToken, InitPin, Login, Create(60), Restart, Login, Create(61), Destroy(60)]);
    script
}

/// What is in a token.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub initialised: bool,
    pub pin: Option<&'static str>,
    /// Whether the token says that a wrong PIN was tried.
    pub missed: Option<bool>,
    /// By label: a check of the value, and the identifier.
    objects: BTreeMap<String, (usize, Vec<u8>)>,
    /// What is left of the HSS key.
    leaves: Option<CK_ULONG>,
}

fn label(number: usize) -> String {
    format!("object {number}")
}

fn value(number: usize, length: usize) -> Vec<u8> {
    (0..length).map(|place| (place * 7 + number) as u8).collect()
}

/// Tells values apart without keeping them.
fn check(value: &[u8]) -> usize {
    value.iter().fold(value.len(), |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)))
}

const SMALL: usize = 40;

impl State {
    /// After a step.
    pub fn after(mut self, step: Step) -> Self {
        let mut put = |number, length| {
            self.objects.insert(label(number), (check(&value(number, length)), Vec::new()));
        };
        match step {
            Step::InitToken => self = Self { initialised: true, missed: Some(false), ..Self::default() },
            Step::InitPin => (self.pin, self.missed) = (Some(USER_PIN), Some(false)),
            Step::Login => self.missed = Some(false),
            Step::Miss => self.missed = Some(true),
            Step::Logout | Step::Restart => {}
            Step::Create(number) | Step::CreatePublic(number) => put(number, SMALL),
            Step::CreateLarge(number) => put(number, LARGE),
            Step::Rename(number, id) => self.objects.get_mut(&label(number)).unwrap().1 = vec![id],
            Step::Destroy(number) => drop(self.objects.remove(&label(number)).unwrap()),
            Step::SetPin(number) => (self.pin, self.missed) = (Some(PINS[number]), Some(false)),
            Step::GenerateHss => self.leaves = Some(LEAVES),
            Step::SignHss => self.leaves = self.leaves.map(|leaves| leaves - 1),
        }
        self
    }

    /// Looks at a token: all that the user can see, if one of these PINs opens it.
    pub fn look(pins: &[&'static str]) -> Self {
        let mut state = Self::default();
        if initialise() != CKR_OK {
            return state;
        }
        let flags = TOKEN.info().flags;
        state.initialised = flags & CKF_TOKEN_INITIALIZED != 0;
        state.missed = state.initialised.then_some(flags & CKF_USER_PIN_COUNT_LOW != 0);
        if state.initialised {
            let session = TOKEN.session();
            state.pin = pins.iter().find(|pin| session.login(CKU_USER, pin).is_ok()).copied();
            for object in session.find(&[]) {
                let label = String::from_utf8(ok(session.get(object, CKA_LABEL))).unwrap();
                if label != HSS_LABEL {
                    let found =
                        (check(&ok(session.get(object, CKA_VALUE))), session.get(object, CKA_ID).unwrap_or_default());
                    assert_eq!(state.objects.insert(label, found), None, "two objects of one label");
                }
            }
            let keys = session.find(&[text(CKA_LABEL, HSS_LABEL), class(CKO_PRIVATE_KEY)]);
            let public = session.find(&[text(CKA_LABEL, HSS_LABEL), class(CKO_PUBLIC_KEY)]);
            if state.pin.is_some() {
                assert_eq!(keys.len(), public.len(), "half a pair");
            }
            state.leaves = keys.first().map(|key| ok(session.get_ulong(*key, CKA_HSS_KEYS_REMAINING)));
        }
        finalise();
        state
    }

    /// Whether this is what was found; of wrong PINs only if that is certain.
    pub fn is(&self, found: &Self, certain: bool) -> bool {
        let missed = if certain { self.missed } else { found.missed };
        Self { missed, ..self.clone() } == *found
    }
}

/// Who performs the script.
#[derive(Default)]
pub struct Actor {
    session: Option<Session>,
    pin: Option<&'static str>,
}

impl Actor {
    pub fn perform(&mut self, step: Step) {
        match step {
            Step::InitToken => {
                self.session = None;
                ok(TOKEN.close_all());
                ok(TOKEN.init(SO_PIN, "lasting"));
            }
            Step::InitPin => {
                let so = TOKEN.so();
                ok(so.init_pin(USER_PIN));
                ok(so.close());
                self.pin = Some(USER_PIN);
            }
            Step::Restart => {
                self.session = None;
                finalise();
                open();
            }
            Step::Login => {
                let pin = self.pin.unwrap();
                ok(self.session().login(CKU_USER, pin));
            }
            Step::Logout => ok(self.session().logout()),
            Step::Miss => refused(self.session().login(CKU_USER, "a wrong PIN"), CKR_PIN_INCORRECT),
            Step::Create(number) => self.create(&secret(&label(number), &value(number, SMALL))),
            Step::CreatePublic(number) => {
                let mut template = secret(&label(number), &value(number, SMALL));
                template[3] = no(CKA_PRIVATE);
                self.create(&template);
            }
            Step::CreateLarge(number) => {
                let mut template = public_data(&label(number), &value(number, LARGE));
                template[2] = yes(CKA_PRIVATE);
                self.create(&template);
            }
            Step::Rename(number, id) => {
                let object = only(self.session(), &label(number));
                ok(self.session().set(object, &[bytes(CKA_ID, [id])]));
            }
            Step::Destroy(number) => {
                let object = only(self.session(), &label(number));
                ok(self.session().destroy(object));
            }
            Step::SetPin(number) => {
                let new = PINS[number];
                let old = self.pin.replace(new).unwrap();
                ok(self.session().set_pin(old, new));
            }
            Step::GenerateHss => self.generate(),
            Step::SignHss => {
                let [key] = self.session().find(&[text(CKA_LABEL, HSS_LABEL), class(CKO_PRIVATE_KEY)])[..] else {
                    panic!("no HSS key")
                };
                ok(self.session().sign(&mech(CKM_HSS), key, b"data"));
            }
        }
    }

    fn session(&mut self) -> &Session {
        self.session.get_or_insert_with(|| TOKEN.session())
    }

    fn create(&mut self, template: &[Attribute]) {
        ok(self.session().create(template));
    }

    /// A tree of height 5, with the shortest signatures (RFC 8554).
    fn generate(&mut self) {
        let common = [yes(CKA_TOKEN), text(CKA_LABEL, HSS_LABEL)];
        let types =
            [ulong(CKA_HSS_LEVELS, 1), mechanisms(CKA_HSS_LMS_TYPES, &[5]), mechanisms(CKA_HSS_LMOTS_TYPES, &[4])];
        let private = [&common[..], &types[..], &[yes(CKA_PRIVATE)]].concat();
        ok(self.session().generate_pair(&mech(CKM_HSS_KEY_PAIR_GEN), &common, &private));
    }
}
