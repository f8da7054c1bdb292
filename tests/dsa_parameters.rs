//! Domain parameters of DSA out of a seed, through the C interface; and the functions behind it against NIST's vectors, since no
//! caller of the interface chooses the seed of primes.

mod common;
#[cfg(feature = "clients")]
mod curves;
mod groups;

use common::*;
use ferrotoken::hash::Hash;
use ferrotoken::key::group::fips186::{self, Primes};
use groups::*;
use std::collections::HashMap;

/// A mechanism with `CK_DSA_PARAMETER_GEN_PARAM`, and the place of the seed.
fn seeded(kind: CK_MECHANISM_TYPE, hash: CK_MECHANISM_TYPE, seed: &mut [u8], index: CK_ULONG) -> Mech {
    let params = CK_DSA_PARAMETER_GEN_PARAM {
        hash,
        pSeed: seed.as_mut_ptr(),
        ulSeedLen: seed.len() as CK_ULONG,
        ulIndex: index,
    };
    mech_params(kind, &params)
}

struct Case {
    section: String,
    bits: (usize, usize),
    hash: Hash,
    hash_id: CK_MECHANISM_TYPE,
    values: HashMap<String, String>,
}

impl Case {
    fn bytes(&self, name: &str) -> Vec<u8> {
        let value = self.values.get(name).unwrap_or_else(|| panic!("{name} in {}", self.section));
        // The file leaves out zeros at the beginning.
        hex(&if value.len() % 2 == 1 { format!("0{value}") } else { value.clone() })
    }

    fn number(&self, name: &str) -> u32 {
        self.values[name].parse().unwrap()
    }
}

/// NIST's vectors, as the file names them.
fn cases(section: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in include_str!("dsa_parameters/pqggen.txt").lines().filter(|line| !line.starts_with('#')) {
        if let Some(head) = line.strip_prefix('[') {
            let fields: Vec<_> = head.trim_end_matches(']').split(['=', ',', ';']).map(str::trim).collect();
            let (hash, hash_id) = match fields[5] {
                "SHA-1" => (Hash::Sha1, CKM_SHA_1),
                "SHA-224" => (Hash::Sha224, CKM_SHA224),
                "SHA-256" => (Hash::Sha256, CKM_SHA256),
                "SHA-384" => (Hash::Sha384, CKM_SHA384),
                "SHA-512" => (Hash::Sha512, CKM_SHA512),
                other => panic!("{other}"),
            };
            let bits = (fields[2].parse().unwrap(), fields[4].parse().unwrap());
            cases.push(Case { section: fields[0].into(), bits, hash, hash_id, values: HashMap::new() });
        } else if let Some((name, value)) = line.split_once(" = ") {
            cases.last_mut().unwrap().values.insert(name.into(), value.into());
        }
    }
    cases.retain(|case| case.section == section);
    assert_eq!(cases.len(), 15);
    cases
}

/// The cases for primes: those of 3072 bits, which take long, with one hash only.
fn prime_cases(section: &str) -> impl Iterator<Item = Case> {
    cases(section).into_iter().filter(|case| case.bits.0 < 3072 || case.hash_id == CKM_SHA256)
}

fn numbers(primes: &Primes) -> [Vec<u8>; 2] {
    [&primes.p, &primes.q].map(|number| number.to_be_bytes_trimmed_vartime().to_vec())
}

#[test]
fn nist_agrees_on_probable_primes() {
    for case in prime_cases("A.1.1.2") {
        let seed = case.bytes("domain_parameter_seed");
        let primes = fips186::probable(case.hash, case.bits, &seed).expect("primes");
        assert_eq!(numbers(&primes), [case.bytes("P"), case.bytes("Q")]);
        assert_eq!(primes.counter, case.number("counter"));
        assert_eq!(primes.seed, seed);
    }
}

#[test]
fn nist_agrees_on_provable_primes() {
    for case in prime_cases("A.1.2.1") {
        let first = case.bytes("firstseed");
        let primes = fips186::provable(case.hash, case.bits, &first).expect("primes");
        assert_eq!(numbers(&primes), [case.bytes("P"), case.bytes("Q")]);
        assert_eq!(primes.counter, case.number("pgen_counter"));
        assert_eq!(primes.order_counter, case.number("qgen_counter"));
        assert_eq!(primes.seed, [first, case.bytes("pseed"), case.bytes("qseed")].concat());
    }
}

#[test]
fn nist_agrees_on_generators() {
    let s = token().user();
    for case in cases("A.2.3") {
        let index = CK_ULONG::from_str_radix(&case.values["index"], 16).unwrap();
        let (p, q, mut seed) = (case.bytes("P"), case.bytes("Q"), case.bytes("domain_parameter_seed"));
        let template = [bytes(CKA_PRIME, &p), bytes(CKA_SUBPRIME, &q)];
        let domain = ok(s.generate(&seeded(CKM_DSA_FIPS_G_GEN, case.hash_id, &mut seed, index), &template));
        assert_eq!(ok(s.get(domain, CKA_BASE)), case.bytes("G"));
        assert_eq!((ok(s.get(domain, CKA_PRIME)), ok(s.get(domain, CKA_SUBPRIME))), (p, q));
        assert_eq!(ok(s.get_ulong(domain, CKA_PRIME_BITS)) as usize, case.bits.0);
        assert_eq!(ok(s.get_ulong(domain, CKA_CLASS)), CKO_DOMAIN_PARAMETERS);
        assert_eq!(ok(s.get_ulong(domain, CKA_KEY_TYPE)), CKK_DSA);
        assert!(ok(s.get_bool(domain, CKA_LOCAL)));
        assert_eq!(seed, case.bytes("domain_parameter_seed"), "it is read only");
    }
}

#[test]
fn primes_come_with_the_seed_that_they_are_made_of_and_take_a_generator() {
    let s = token().user();
    type Make = fn(Hash, (usize, usize), &[u8]) -> Option<Primes>;
    let makers: [(_, Make, usize); 2] = [
        (CKM_DSA_PROBABILISTIC_PARAMETER_GEN, fips186::probable, 1),
        (CKM_DSA_SHAWE_TAYLOR_PARAMETER_GEN, fips186::provable, 3),
    ];
    for (kind, make, seeds) in makers {
        for (bits, order, length, hash, hash_id) in [
            (1024, None, 20, Hash::Sha1, CKM_SHA_1),
            (2048, Some(256), 40, Hash::Sha512, CKM_SHA512),
            (2048, None, 28, Hash::Sha224, CKM_SHA224),
        ] {
            let order_bits = order.unwrap_or(if bits == 1024 { 160 } else { 224 });
            let mut template = vec![ulong(CKA_PRIME_BITS, bits)];
            template.extend(order.map(|order| ulong(CKA_SUBPRIME_BITS, order)));
            let mut seed = vec![0; length * seeds];
            let domain = ok(s.generate(&seeded(kind, hash_id, &mut seed, 0), &template));
            assert_eq!(ok(s.get_ulong(domain, CKA_PRIME_BITS)), bits);
            assert_eq!(ok(s.get_ulong(domain, CKA_SUBPRIME_BITS)), order_bits);
            refused(s.get(domain, CKA_BASE), CKR_ATTRIBUTE_TYPE_INVALID);
            let [p, q] = [CKA_PRIME, CKA_SUBPRIME].map(|number| ok(s.get(domain, number)));
            let again = make(hash, (bits as usize, order_bits as usize), &seed[..length]).expect("primes");
            assert_eq!(numbers(&again), [p.clone(), q.clone()]);
            assert_eq!(again.seed, seed);
            let both = [bytes(CKA_PRIME, &p), bytes(CKA_SUBPRIME, &q)];
            // Without a base there are no keys yet.
            refused(s.generate_pair(&mech(CKM_DSA_KEY_PAIR_GEN), &both, &[]), CKR_TEMPLATE_INCOMPLETE);
            let whole = ok(s.generate(&seeded(CKM_DSA_FIPS_G_GEN, hash_id, &mut seed, 1), &both));
            let base = bytes(CKA_BASE, ok(s.get(whole, CKA_BASE)));
            let (public, private) =
                ok(s.generate_pair(&mech(CKM_DSA_KEY_PAIR_GEN), &[&both[..], &[base]].concat(), &[]));
            let signature = ok(s.sign(&mech(CKM_DSA_SHA256), private, b"message"));
            ok(s.verify(&mech(CKM_DSA_SHA256), public, b"message", &signature));
            // Primes alone are an object that can be copied; but nobody brings such from elsewhere.
            let copy = ok(s.copy(domain, &[text(CKA_LABEL, "copy")]));
            assert_eq!(ok(s.get(copy, CKA_PRIME)), p);
            let object = [class(CKO_DOMAIN_PARAMETERS), key_type(CKK_DSA)];
            refused(s.create(&[&object[..], &both].concat()), CKR_TEMPLATE_INCOMPLETE);
        }
    }
}

#[test]
fn seeds_hashes_and_sizes_that_do_not_fit_are_refused() {
    let s = token().user();
    let size = [ulong(CKA_PRIME_BITS, 2048), ulong(CKA_SUBPRIME_BITS, 256)];
    for (kind, seeds) in [(CKM_DSA_PROBABILISTIC_PARAMETER_GEN, 1), (CKM_DSA_SHAWE_TAYLOR_PARAMETER_GEN, 3)] {
        let mut room = [0; 2000];
        let mut with = |hash, length: usize, template: &[Attribute]| {
            s.generate(&seeded(kind, hash, &mut room[..length * seeds], 0), template)
        };
        for hash in [CKM_SHA_1, CKM_SHA224, CKM_SHA3_256, CKM_MD5, CKM_SHA256_HMAC, CKM_DSA, CK_MECHANISM_TYPE::MAX] {
            refused(with(hash, 32, &size), CKR_MECHANISM_PARAM_INVALID);
        }
        for length in [0, 1, 31, 513] {
            refused(with(CKM_SHA256, length, &size), CKR_MECHANISM_PARAM_INVALID);
        }
        refused(with(CKM_SHA256, 32, &[]), CKR_TEMPLATE_INCOMPLETE);
        refused(with(CKM_SHA256, 32, &size[1..]), CKR_TEMPLATE_INCOMPLETE);
        for (bits, order) in
            [(2048, 160), (1024, 256), (4096, 256), (0, 0), (CK_ULONG::MAX, 256), (2048, CK_ULONG::MAX)]
        {
            let wrong = [ulong(CKA_PRIME_BITS, bits), ulong(CKA_SUBPRIME_BITS, order)];
            refused(with(CKM_SHA256, 32, &wrong), CKR_ATTRIBUTE_VALUE_INVALID);
        }
        for extra in [bytes(CKA_PRIME, [7]), bytes(CKA_SUBPRIME, [7]), bytes(CKA_BASE, [7])] {
            refused(with(CKM_SHA256, 32, &[&size[..], &[extra]].concat()), CKR_ATTRIBUTE_READ_ONLY);
        }
        refused(s.generate(&mech(kind), &size), CKR_MECHANISM_PARAM_INVALID);
        refused(s.generate(&mech_bytes(kind, &[0; 8]), &size), CKR_MECHANISM_PARAM_INVALID);
        let nowhere =
            CK_DSA_PARAMETER_GEN_PARAM { hash: CKM_SHA256, pSeed: std::ptr::null_mut(), ulSeedLen: 96, ulIndex: 0 };
        refused(s.generate(&mech_params(kind, &nowhere), &size), CKR_MECHANISM_PARAM_INVALID);
    }
    let mut three = [0; 97];
    let seed = seeded(CKM_DSA_SHAWE_TAYLOR_PARAMETER_GEN, CKM_SHA256, &mut three, 0);
    refused(s.generate(&seed, &size), CKR_MECHANISM_PARAM_INVALID);
}

#[test]
fn a_generator_wants_the_primes_of_a_group() {
    let s = token().user();
    let (p, q) = (hex(P_2048), hex(Q_2048));
    let mut seed = [7; 32];
    let mut with = |hash, length: usize, index, template: &[Attribute]| {
        s.generate(&seeded(CKM_DSA_FIPS_G_GEN, hash, &mut seed[..length], index), template)
    };
    let both = [bytes(CKA_PRIME, &p), bytes(CKA_SUBPRIME, &q)];
    ok(with(CKM_SHA256, 32, 0, &both));
    ok(with(CKM_SHA256, 32, 255, &both));
    ok(with(CKM_SHA256, 32, 1, &[&both[..], &[ulong(CKA_PRIME_BITS, 2048), ulong(CKA_SUBPRIME_BITS, 256)]].concat()));
    refused(with(CKM_SHA256, 32, 256, &both), CKR_MECHANISM_PARAM_INVALID);
    refused(with(CKM_SHA256, 32, CK_ULONG::MAX, &both), CKR_MECHANISM_PARAM_INVALID);
    refused(with(CKM_SHA256, 31, 1, &both), CKR_MECHANISM_PARAM_INVALID);
    refused(with(CKM_SHA256, 0, 1, &both), CKR_MECHANISM_PARAM_INVALID);
    refused(with(CKM_SHA224, 32, 1, &both), CKR_MECHANISM_PARAM_INVALID);
    refused(with(CKM_SHA3_256, 32, 1, &both), CKR_MECHANISM_PARAM_INVALID);
    refused(with(CKM_SHA256, 32, 1, &both[..1]), CKR_TEMPLATE_INCOMPLETE);
    refused(with(CKM_SHA256, 32, 1, &both[1..]), CKR_TEMPLATE_INCOMPLETE);
    refused(with(CKM_SHA256, 32, 1, &[ulong(CKA_PRIME_BITS, 2048)]), CKR_TEMPLATE_INCOMPLETE);
    for wrong in [ulong(CKA_PRIME_BITS, 1024), ulong(CKA_SUBPRIME_BITS, 224)] {
        refused(with(CKM_SHA256, 32, 1, &[&both[..], &[wrong]].concat()), CKR_TEMPLATE_INCONSISTENT);
    }
    refused(with(CKM_SHA256, 32, 1, &[&both[..], &[bytes(CKA_BASE, [2])]].concat()), CKR_ATTRIBUTE_READ_ONLY);
    let mut other = q.clone();
    other[5] ^= 2;
    let mut composite = p.clone();
    composite[100] ^= 2;
    for wrong in [
        [bytes(CKA_PRIME, &p), bytes(CKA_SUBPRIME, &other)],
        [bytes(CKA_PRIME, &composite), bytes(CKA_SUBPRIME, &q)],
        [bytes(CKA_PRIME, &q), bytes(CKA_SUBPRIME, &p)],
        [bytes(CKA_PRIME, []), bytes(CKA_SUBPRIME, &q)],
        [bytes(CKA_PRIME, &p), bytes(CKA_SUBPRIME, [])],
        [bytes(CKA_PRIME, &p), bytes(CKA_SUBPRIME, [2])],
        // A group, but of a size that DSA does not have.
        [bytes(CKA_PRIME, hex(FFDHE2048)), bytes(CKA_SUBPRIME, hex(Q_2048))],
    ] {
        refused(with(CKM_SHA256, 32, 1, &wrong), CKR_ATTRIBUTE_VALUE_INVALID);
    }
}

#[cfg(feature = "clients")] // Runs the openssl program.
#[test]
fn openssl_makes_the_same_of_our_seeds() {
    let (s, files) = (token().user(), curves::Files::new());
    for (bits, order_bits, hash, name) in
        [(1024, 160, CKM_SHA_1, "SHA1"), (2048, 224, CKM_SHA224, "SHA224"), (2048, 256, CKM_SHA256, "SHA256")]
    {
        let mut seed = vec![0; order_bits / 8];
        let size = [ulong(CKA_PRIME_BITS, bits), ulong(CKA_SUBPRIME_BITS, order_bits as CK_ULONG)];
        let primes = ok(s.generate(&seeded(CKM_DSA_PROBABILISTIC_PARAMETER_GEN, hash, &mut seed, 0), &size));
        let both = [CKA_PRIME, CKA_SUBPRIME].map(|number| bytes(number, ok(s.get(primes, number))));
        let index = 7;
        let ours = ok(s.generate(&seeded(CKM_DSA_FIPS_G_GEN, hash, &mut seed, index), &both));
        let digits: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        files.openssl_must(&format!(
            "genpkey -genparam -algorithm DSA -pkeyopt type:fips186_4 -pkeyopt pbits:{bits} -pkeyopt qbits:{order_bits} \
             -pkeyopt digest:{name} -pkeyopt gindex:{index} -pkeyopt hexseed:{digits} -out theirs.pem"
        ));
        let theirs = files.openssl_must("dsaparam -in theirs.pem -outform DER");
        let numbers = [CKA_PRIME, CKA_SUBPRIME, CKA_BASE].map(|number| ok(s.get(ours, number)));
        let ours: Vec<_> = numbers.iter().map(|number| der::asn1::UintRef::new(number).unwrap()).collect();
        assert_eq!(der::Encode::to_der(&ours).unwrap(), theirs, "{bits} {order_bits}");
    }
}
