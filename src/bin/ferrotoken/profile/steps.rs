//! The functions that a case may call: their arguments out of the XML, and what they give as items of an answer.

use super::node::{Call, Node};
use super::value::{Family, MECHANISM_FLAGS, SESSION_FLAGS, SLOT_FLAGS, TOKEN_FLAGS, Value};
use super::{given, nothing};
use crate::client::{Calls, Init, Pass};
use cryptoki_sys::*;

/// What a step gave: the code, and the items of the answer.
type Answer = (CK_RV, Vec<Node>);

/// Makes the calls.
pub struct Runner<'a> {
    calls: Calls<'a>,
    /// The slot that a case is to find at the head of the list.
    slot: Option<CK_SLOT_ID>,
}

impl<'a> Runner<'a> {
    /// A runner on a loaded module.
    pub fn new(calls: Calls<'a>, slot: Option<CK_SLOT_ID>) -> Self {
        Self { calls, slot }
    }

    /// Leaves the module after a failure.
    pub fn finish(&self) {
        self.calls.finalize();
    }

    /// Makes one call; a message if the case does not say how.
    pub fn run(&self, call: &Call<'_>) -> Result<Answer, String> {
        let session = || call.number("Session");
        let slot = || call.number("SlotID");
        Ok(match call.function() {
            "C_Initialize" => nothing(self.calls.initialize()),
            "C_Finalize" => nothing(self.calls.finalize()),
            "C_GetInfo" => self.info(),
            "C_GetSlotList" => self.slot_list(call.boolean("TokenPresent")?, call.room("SlotList")?),
            "C_GetSlotInfo" => self.slot_info(slot()?),
            "C_GetTokenInfo" => self.token_info(slot()?),
            "C_GetMechanismList" => self.mechanism_list(slot()?, call.room("MechanismList")?),
            "C_GetMechanismInfo" => self.mechanism_info(slot()?, call.named("Type", Family::Mechanism)?),
            "C_OpenSession" => {
                let (code, handle) = self.calls.open_session(slot()?, call.flags("Flags", SESSION_FLAGS)?);
                given(code, || vec![number("Session", handle)])
            }
            "C_CloseSession" => nothing(self.calls.close_session(session()?)),
            "C_CloseAllSessions" => nothing(self.calls.close_all_sessions(slot()?)),
            "C_GetSessionInfo" => self.session_info(session()?),
            "C_Login" => {
                nothing(self.calls.login(session()?, call.named("UserType", Family::User)?, &call.text("Pin")?))
            }
            "C_Logout" => nothing(self.calls.logout(session()?)),
            "C_CreateObject" => {
                let (code, handle) = self.calls.create_object(session()?, &call.template()?);
                given(code, || vec![number("Object", handle)])
            }
            "C_DestroyObject" => nothing(self.calls.destroy_object(session()?, call.number("Object")?)),
            "C_FindObjectsInit" => nothing(self.calls.find_objects_init(session()?, &call.template()?)),
            "C_FindObjects" => {
                let room = call.room("Object")?.ok_or("Object has no length")?;
                let (code, found) = self.calls.find_objects(session()?, room);
                let found = found.into_iter().map(|handle| number("Object", handle)).collect();
                given(code, || vec![Node::structure("Object", found)])
            }
            "C_FindObjectsFinal" => nothing(self.calls.find_objects_final(session()?)),
            "C_GetAttributeValue" => self.attributes(session()?, call.number("Object")?, &call.asked()?),
            "C_EncryptInit" => self.init(Init::Encrypt, call)?,
            "C_DecryptInit" => self.init(Init::Decrypt, call)?,
            "C_SignInit" => self.init(Init::Sign, call)?,
            "C_VerifyInit" => self.init(Init::Verify, call)?,
            "C_DigestInit" => {
                let (mechanism, parameter) = call.mechanism()?;
                nothing(self.calls.digest_init(session()?, mechanism, &parameter))
            }
            "C_Encrypt" => self.pass(Pass::Encrypt, call, "Data", "EncryptedData")?,
            "C_Decrypt" => self.pass(Pass::Decrypt, call, "EncryptedData", "Data")?,
            "C_Sign" => self.pass(Pass::Sign, call, "Data", "Signature")?,
            "C_Digest" => self.pass(Pass::Digest, call, "Data", "Digest")?,
            "C_Verify" => nothing(self.calls.verify(session()?, &call.bytes("Data")?, &call.bytes("Signature")?)),
            other => return Err(format!("profile-test does not know the function {other}")),
        })
    }

    fn info(&self) -> Answer {
        let (code, info) = self.calls.info();
        let nodes = || {
            vec![
                version("CryptokiVersion", info.cryptokiVersion),
                text("ManufacturerID", &info.manufacturerID),
                flags("Flags", info.flags, &[]),
                text("LibraryDescription", &info.libraryDescription),
                version("LibraryVersion", info.libraryVersion),
            ]
        };
        given(code, || vec![Node::structure("Info", nodes())])
    }

    fn slot_list(&self, present: bool, room: Option<usize>) -> Answer {
        let (code, count, mut slots) = self.calls.slot_list(present, room);
        if let Some(position) = slots.iter().position(|slot| Some(*slot) == self.slot) {
            slots.swap(0, position);
        }
        given(code, || vec![list("SlotList", room, count, slots.iter().map(|slot| number("SlotID", *slot)))])
    }

    fn slot_info(&self, slot: CK_SLOT_ID) -> Answer {
        let (code, info) = self.calls.slot_info(slot);
        let nodes = || {
            vec![
                text("SlotDescription", &info.slotDescription),
                text("ManufacturerID", &info.manufacturerID),
                flags("Flags", info.flags, SLOT_FLAGS),
                version("HardwareVersion", info.hardwareVersion),
                version("FirmwareVersion", info.firmwareVersion),
            ]
        };
        given(code, || vec![Node::structure("SlotInfo", nodes())])
    }

    fn token_info(&self, slot: CK_SLOT_ID) -> Answer {
        let (code, info) = self.calls.token_info(slot);
        let nodes = || {
            vec![
                text("label", &info.label),
                text("ManufacturerID", &info.manufacturerID),
                text("model", &info.model),
                text("serialNumber", &info.serialNumber),
                flags("Flags", info.flags, TOKEN_FLAGS),
                number("MaxSessionCount", info.ulMaxSessionCount),
                number("SessionCount", info.ulSessionCount),
                number("MaxRwSessionCount", info.ulMaxRwSessionCount),
                number("RwSessionCount", info.ulRwSessionCount),
                number("MaxPinLen", info.ulMaxPinLen),
                number("MinPinLen", info.ulMinPinLen),
                number("TotalPublicMemory", info.ulTotalPublicMemory),
                number("FreePublicMemory", info.ulFreePublicMemory),
                number("TotalPrivateMemory", info.ulTotalPrivateMemory),
                number("FreePrivateMemory", info.ulFreePrivateMemory),
                version("HardwareVersion", info.hardwareVersion),
                version("FirmwareVersion", info.firmwareVersion),
                text("utcTime", &info.utcTime),
            ]
        };
        given(code, || vec![Node::structure("TokenInfo", nodes())])
    }

    fn mechanism_list(&self, slot: CK_SLOT_ID, room: Option<usize>) -> Answer {
        let (code, count, mechanisms) = self.calls.mechanism_list(slot, room);
        let mechanisms = mechanisms.iter().map(|id| Node::new("Type", Value::Name(*id, Family::Mechanism)));
        given(code, || vec![list("MechanismList", room, count, mechanisms)])
    }

    fn mechanism_info(&self, slot: CK_SLOT_ID, mechanism: CK_MECHANISM_TYPE) -> Answer {
        let (code, info) = self.calls.mechanism_info(slot, mechanism);
        let nodes = || {
            vec![
                number("MinKeySize", info.ulMinKeySize),
                number("MaxKeySize", info.ulMaxKeySize),
                flags("Flags", info.flags, MECHANISM_FLAGS),
            ]
        };
        given(code, || vec![Node::structure("MechanismInfo", nodes())])
    }

    fn session_info(&self, session: CK_SESSION_HANDLE) -> Answer {
        let (code, info) = self.calls.session_info(session);
        let nodes = || {
            vec![
                number("SlotID", info.slotID),
                Node::new("State", Value::Name(info.state, Family::SessionState)),
                flags("Flags", info.flags, SESSION_FLAGS),
                number("DeviceError", info.ulDeviceError),
            ]
        };
        given(code, || vec![Node::structure("Info", nodes())])
    }

    /// Its answer has the attributes whatever the code: those that it could not give have no length.
    fn attributes(
        &self,
        session: CK_SESSION_HANDLE,
        object: CK_OBJECT_HANDLE,
        asked: &[(CK_ATTRIBUTE_TYPE, Option<usize>)],
    ) -> Answer {
        let (code, got) = self.calls.attributes(session, object, asked);
        let nodes = asked.iter().zip(got);
        let nodes = nodes.map(|((attribute, _), (length, bytes))| Node::attribute(*attribute, length, bytes)).collect();
        (code, vec![Node::structure("Template", nodes)])
    }

    fn init(&self, what: Init, call: &Call<'_>) -> Result<Answer, String> {
        let (mechanism, parameter) = call.mechanism()?;
        let code = self.calls.init(what, call.number("Session")?, mechanism, &parameter, call.number("Key")?);
        Ok(nothing(code))
    }

    fn pass(&self, what: Pass, call: &Call<'_>, from: &str, to: &str) -> Result<Answer, String> {
        let room = call.room(to)?;
        let (code, length, output) = self.calls.pass(what, call.number("Session")?, &call.bytes(from)?, room);
        let node = || if room.is_some() { Node::new(to, Value::Bytes(output)) } else { Node::length(to, length) };
        Ok(given(code, || vec![node()]))
    }
}

fn list(name: &str, room: Option<usize>, count: CK_ULONG, items: impl Iterator<Item = Node>) -> Node {
    if room.is_some() { Node::structure(name, items.collect()) } else { Node::length(name, count) }
}

fn number(name: &str, number: CK_ULONG) -> Node {
    Node::new(name, Value::Number(number))
}

fn text(name: &str, text: &[u8]) -> Node {
    Node::new(name, Value::Text(text.to_vec()))
}

fn flags(name: &str, flags: CK_FLAGS, names: &'static [(&'static str, CK_FLAGS)]) -> Node {
    Node::new(name, Value::Flags(flags, names))
}

fn version(name: &str, version: CK_VERSION) -> Node {
    Node::new(name, Value::Version(version))
}
