import java.io.*;
import java.math.BigInteger;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.security.spec.*;
import java.util.*;
import javax.crypto.*;
import javax.crypto.interfaces.DHPublicKey;
import javax.crypto.spec.*;

/**
 * Everything that Java's PKCS#11 provider offers on a token, against what Java computes in software: arguments are the
 * provider's configuration and the user's PIN. Prints a line for each service that did its work, and ends with the first
 * that did not. A service that nobody wrote a test for is a failure, too.
 */
public class Services {
    static Provider token;
    static final SecureRandom random = new SecureRandom();

    public static void main(String[] arguments) throws Exception {
        token = Security.getProvider("SunPKCS11").configure(arguments[0]);
        char[] pin = arguments[1].toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS11", token);
        store.load(null, pin);

        List<Provider.Service> services = new ArrayList<>(token.getServices());
        services.sort(Comparator.comparing(Provider.Service::getType).thenComparing(Provider.Service::getAlgorithm));
        for (Provider.Service service : services) {
            String name = service.getAlgorithm();
            // Tls.java uses the former; of the latter, Java 17 cannot make the parameters.
            if (name.startsWith("SunTls") || name.startsWith("SHA3") && name.endsWith("PSS")) continue;
            try {
                switch (service.getType()) {
                    case "MessageDigest" -> digest(name);
                    case "Mac" -> mac(name);
                    case "Cipher" -> cipher(name);
                    case "Signature" -> signature(name);
                    case "KeyAgreement" -> agreement(name);
                    case "KeyPairGenerator" -> keyPair(name);
                    case "KeyGenerator" -> secretKey(name);
                    case "KeyFactory" -> keyFactory(name);
                    case "SecretKeyFactory" -> secretKeyFactory(name);
                    case "SecureRandom" -> random(name);
                    case "KeyStore" -> keyStore(store, pin);
                    case "AlgorithmParameters" -> AlgorithmParameters.getInstance(name, token);
                    default -> throw new Exception("nobody tests this type");
                }
            } catch (Throwable problem) {
                throw new Exception(service.getType() + " " + name, problem);
            }
            System.out.println("ok " + service.getType() + " " + name);
        }
        // Java keeps no private key beyond a logout; those of the store are found again.
        ((AuthProvider) token).logout();
        store.load(null, pin);
        check(store.isKeyEntry("rsa") && store.getKey("rsa", null) != null, "keys after the next login");
    }

    static void check(boolean holds, String what) throws Exception {
        if (!holds) throw new Exception(what);
    }

    static byte[] bytes(int length) {
        byte[] made = new byte[length];
        random.nextBytes(made);
        return made;
    }

    static void digest(String name) throws Exception {
        MessageDigest here = MessageDigest.getInstance(name, token);
        for (int length : new int[] {0, 1, 64, 1000, 100_000}) {
            byte[] data = bytes(length);
            byte[] expected = MessageDigest.getInstance(name).digest(data);
            check(Arrays.equals(here.digest(data), expected), "digest of " + length);
            // In parts, of which one is a clone: that is C_GetOperationState and C_SetOperationState.
            here.update(data, 0, length / 3);
            MessageDigest clone = (MessageDigest) here.clone();
            here.update(data, length / 3, length - length / 3);
            clone.update(data, length / 3, length - length / 3);
            check(Arrays.equals(here.digest(), expected), "digest in parts of " + length);
            check(Arrays.equals(clone.digest(), expected), "cloned digest of " + length);
        }
    }

    static void mac(String name) throws Exception {
        Mac here = Mac.getInstance(name, token);
        if (name.contains("PBE")) {
            passwordMac(here, name);
            return;
        }
        SecretKey key = new SecretKeySpec(bytes(24), name);
        here.init(key);
        // Java 17 has no SHA-3 HMAC of its own below this provider in all builds: then the construction is RFC 2104's.
        for (int length : new int[] {0, 1, 200, 5000}) {
            byte[] data = bytes(length);
            byte[] expected = hmac(name, key.getEncoded(), data);
            check(Arrays.equals(here.doFinal(data), expected), "MAC of " + length);
            here.update(data, 0, length / 2);
            here.reset();
            for (int at = 0; at < length; at += 7) here.update(data, at, Math.min(7, length - at));
            check(Arrays.equals(here.doFinal(), expected), "MAC in parts of " + length);
        }
    }

    /** MACs under a password (PKCS #12), which newer versions of Java have on a token. */
    static void passwordMac(Mac here, String name) throws Exception {
        byte[] data = bytes(100);
        PBEParameterSpec parameters = new PBEParameterSpec(bytes(16), 1000);
        SecretKey key = SecretKeyFactory.getInstance("PBE", "SunJCE").generateSecret(new PBEKeySpec("a password".toCharArray()));
        Mac there = Mac.getInstance(name, "SunJCE");
        here.init(key, parameters);
        there.init(key, parameters);
        check(Arrays.equals(here.doFinal(data), there.doFinal(data)), "MAC");
    }

    static byte[] hmac(String name, byte[] key, byte[] data) throws Exception {
        Mac mac = Mac.getInstance(name);
        mac.init(new SecretKeySpec(key, name));
        return mac.doFinal(data);
    }

    static void cipher(String name) throws Exception {
        if (name.startsWith("RSA")) {
            rsaCipher(name);
            return;
        }
        if (name.startsWith("PBE")) {
            passwordCipher(name);
            return;
        }
        if (name.contains("/KW")) {
            keyWrap(name);
            return;
        }
        String algorithm = name.split("/")[0].split("-")[0];
        int[] keyLengths = switch (algorithm) {
            case "AES" -> new int[] {16, 24, 32};
            case "AES_128", "Blowfish", "ARCFOUR" -> new int[] {16};
            case "AES_192", "DESede" -> new int[] {24};
            case "AES_256", "ChaCha20" -> new int[] {32};
            case "DES" -> new int[] {8};
            default -> throw new Exception("nobody tests this cipher");
        };
        boolean authenticated = name.contains("GCM") || name.contains("Poly1305");
        boolean wholeBlocks = name.contains("NoPadding") && !authenticated && !name.contains("CTR");
        for (int keyLength : keyLengths) {
            byte[] raw = bytes(keyLength);
            if (algorithm.startsWith("DES")) for (int i = 0; i < raw.length; i++) raw[i] = odd(raw[i]);
            SecretKey key = new SecretKeySpec(raw, algorithm.split("_")[0]);
            for (int length : wholeBlocks ? new int[] {0, 16, 4096} : new int[] {0, 1, 15, 16, 17, 4096, 5001}) {
                byte[] data = bytes(length);
                AlgorithmParameterSpec parameters = parameters(name);
                Cipher here = Cipher.getInstance(name, token), there = Cipher.getInstance(name, software("Cipher", name));
                byte[] ours = run(here, Cipher.ENCRYPT_MODE, key, parameters, authenticated, data, 6000);
                byte[] theirs = run(there, Cipher.ENCRYPT_MODE, key, parameters, authenticated, data, 6000);
                check(Arrays.equals(ours, theirs), "ciphertext of " + length);
                // Java refuses to use a nonce twice on one object; and of authenticated data in parts, Java 17 loses the last.
                here = Cipher.getInstance(name, token);
                check(Arrays.equals(run(here, Cipher.ENCRYPT_MODE, key, parameters, authenticated, data, authenticated ? 6000 : 9), theirs),
                    "ciphertext in parts of " + length);
                for (int part : authenticated ? new int[] {6000} : new int[] {6000, 16, 5})
                    check(Arrays.equals(run(here, Cipher.DECRYPT_MODE, key, parameters, authenticated, theirs, part), data),
                        "plaintext of " + length + " in parts of " + part);
                if (authenticated) {
                    theirs[theirs.length - 1] ^= 1;
                    try {
                        run(here, Cipher.DECRYPT_MODE, key, parameters, true, theirs, 6000);
                        throw new Exception("a wrong tag was taken");
                    } catch (AEADBadTagException expected) {
                    }
                }
            }
        }
    }

    /** Key wrapping, which newer versions of Java have as a cipher. */
    static void keyWrap(String name) throws Exception {
        Cipher here = Cipher.getInstance(name, token), there = Cipher.getInstance(name, software("Cipher", name));
        for (int keyLength : new int[] {16, 24, 32}) {
            if (name.startsWith("AES_") && !name.startsWith("AES_" + keyLength * 8)) continue;
            SecretKey key = new SecretKeySpec(bytes(keyLength), "AES");
            int[] lengths = name.endsWith("KW/NoPadding") ? new int[] {16, 24, 512}
                : name.contains("KWP") ? new int[] {1, 7, 8, 9, 16, 33} : new int[] {9, 16, 33};
            for (int length : lengths) {
                byte[] data = bytes(length);
                byte[] theirs = run(there, Cipher.ENCRYPT_MODE, key, null, false, data, 6000);
                check(Arrays.equals(run(here, Cipher.ENCRYPT_MODE, key, null, false, data, 6000), theirs), "wrapping of " + length);
                check(Arrays.equals(run(here, Cipher.DECRYPT_MODE, key, null, false, theirs, 5), data), "unwrapping of " + length);
            }
            SecretKey wrapped = new SecretKeySpec(bytes(32), "AES");
            here.init(Cipher.WRAP_MODE, key);
            there.init(Cipher.UNWRAP_MODE, key);
            check(there.unwrap(here.wrap(wrapped), "AES", Cipher.SECRET_KEY).equals(wrapped), "wrapped key");
        }
    }

    /** Ciphers under a password (PKCS #5), which newer versions of Java have on a token. */
    static void passwordCipher(String name) throws Exception {
        PBEKeySpec password = new PBEKeySpec("a password".toCharArray());
        PBEParameterSpec parameters = new PBEParameterSpec(bytes(16), 1000, new IvParameterSpec(bytes(16)));
        SecretKey key = SecretKeyFactory.getInstance(name, "SunJCE").generateSecret(password);
        Cipher here = Cipher.getInstance(name, token), there = Cipher.getInstance(name, "SunJCE");
        byte[] data = bytes(100), theirs = run(there, Cipher.ENCRYPT_MODE, key, parameters, false, data, 6000);
        check(Arrays.equals(run(here, Cipher.ENCRYPT_MODE, key, parameters, false, data, 6000), theirs), "ciphertext");
        check(Arrays.equals(run(here, Cipher.DECRYPT_MODE, key, parameters, false, theirs, 5), data), "plaintext");
    }

    static Provider software(String type, String name) throws Exception {
        for (Provider provider : Security.getProviders())
            if (provider != token && (provider.getService(type, name) != null
                || provider.getService(type, name.split("/")[0]) != null)) return provider;
        throw new Exception("Java has nothing to compare with");
    }

    static byte odd(byte value) {
        return (byte) (value & 0xfe | 1 ^ Integer.bitCount(value & 0xfe) & 1);
    }

    static AlgorithmParameterSpec parameters(String name) {
        if (name.contains("GCM")) return new GCMParameterSpec(128, bytes(12));
        if (name.contains("Poly1305")) return new IvParameterSpec(bytes(12));
        if (name.contains("ECB") || name.equals("ARCFOUR")) return null;
        return new IvParameterSpec(bytes(name.startsWith("AES") ? 16 : 8));
    }

    static byte[] run(Cipher cipher, int mode, Key key, AlgorithmParameterSpec parameters, boolean aad, byte[] data, int part)
        throws Exception {
        cipher.init(mode, key, parameters);
        if (aad) cipher.updateAAD("header".getBytes());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        for (; data.length - at > part; at += part) {
            byte[] made = cipher.update(data, at, part);
            if (made != null) out.write(made);
        }
        out.write(cipher.doFinal(data, at, data.length - at));
        return out.toByteArray();
    }

    static void rsaCipher(String name) throws Exception {
        KeyPair pair = software("RSA", 2048);
        PrivateKey secret = (PrivateKey) KeyFactory.getInstance("RSA", token).translateKey(pair.getPrivate());
        Cipher here = Cipher.getInstance(name, token), there = Cipher.getInstance(name, "SunJCE");
        byte[] data = name.contains("NoPadding") ? new byte[256] : bytes(30);
        data[data.length - 1] = 5;
        there.init(Cipher.ENCRYPT_MODE, pair.getPublic());
        byte[] encrypted = there.doFinal(data);
        here.init(Cipher.DECRYPT_MODE, secret);
        check(Arrays.equals(here.doFinal(encrypted), data), "decryption");
        here.init(Cipher.ENCRYPT_MODE, pair.getPublic());
        encrypted = here.doFinal(data);
        there.init(Cipher.DECRYPT_MODE, pair.getPrivate());
        check(Arrays.equals(there.doFinal(encrypted), data), "encryption");
        if (name.contains("NoPadding")) return;
        SecretKey key = new SecretKeySpec(bytes(16), "AES");
        here.init(Cipher.WRAP_MODE, pair.getPublic());
        there.init(Cipher.UNWRAP_MODE, pair.getPrivate());
        check(there.unwrap(here.wrap(key), "AES", Cipher.SECRET_KEY).equals(key), "wrapping");
        there.init(Cipher.WRAP_MODE, pair.getPublic());
        here.init(Cipher.UNWRAP_MODE, secret);
        Key unwrapped = here.unwrap(there.wrap(key), "AES", Cipher.SECRET_KEY);
        byte[] block = bytes(16);
        Cipher aes = Cipher.getInstance("AES/ECB/NoPadding", token);
        aes.init(Cipher.ENCRYPT_MODE, unwrapped);
        byte[] ours = aes.doFinal(block);
        aes = Cipher.getInstance("AES/ECB/NoPadding", "SunJCE");
        aes.init(Cipher.ENCRYPT_MODE, key);
        check(Arrays.equals(aes.doFinal(block), ours), "unwrapped key");
    }

    static final Map<String, KeyPair> pairs = new HashMap<>();

    /** A key pair made in software, once. */
    static KeyPair software(String algorithm, int size) throws Exception {
        String name = algorithm + size;
        if (!pairs.containsKey(name)) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(size);
            pairs.put(name, generator.generateKeyPair());
        }
        return pairs.get(name);
    }

    static void signature(String name) throws Exception {
        boolean raw = name.startsWith("NONE") || name.startsWith("Raw");
        String algorithm = name.contains("ECDSA") ? "EC" : name.contains("DSA") ? "DSA" : "RSA";
        if (name.contains("RSASSA")) algorithm = "RSA";
        // Java's own DSA takes a digest no longer than q, and makes no more random bytes than that.
        int[] sizes = switch (algorithm) {
            case "EC" -> new int[] {256, 384, 521};
            case "DSA" -> new int[] {name.contains("512") || name.contains("384") || name.contains("256") ? 2048 : 1024};
            default -> new int[] {2048};
        };
        PSSParameterSpec[] parameters = {null};
        if (name.equals("RSASSA-PSS"))
            parameters = new PSSParameterSpec[] {
                new PSSParameterSpec("SHA-1", "MGF1", MGF1ParameterSpec.SHA1, 20, 1),
                new PSSParameterSpec("SHA-256", "MGF1", MGF1ParameterSpec.SHA256, 32, 1),
                new PSSParameterSpec("SHA-384", "MGF1", MGF1ParameterSpec.SHA384, 17, 1),
                new PSSParameterSpec("SHA-512", "MGF1", MGF1ParameterSpec.SHA512, 0, 1)};
        for (int size : sizes) {
            KeyPair pair = software(algorithm, size);
            KeyFactory factory = KeyFactory.getInstance(algorithm, token);
            PrivateKey secret = (PrivateKey) factory.translateKey(pair.getPrivate());
            for (PSSParameterSpec parameter : parameters) {
                Signature here = Signature.getInstance(name, token);
                Signature there = independent(name, algorithm);
                if (parameter != null) here.setParameter(parameter);
                if (parameter != null) there.setParameter(parameter);
                // Signatures with short numbers in them come seldom: repeat.
                for (int round = 0; round < (algorithm.equals("RSA") ? 2 : 12); round++) {
                    byte[] data = bytes(raw ? 20 : 777);
                    byte[] wrong = data.clone();
                    wrong[3] ^= 1;
                    here.initSign(secret);
                    here.update(data, 0, 11);
                    here.update(data, 11, data.length - 11);
                    byte[] ours = here.sign();
                    if (there != null) {
                        there.initVerify(pair.getPublic());
                        there.update(data);
                        check(there.verify(ours), "Java does not take the token's signature, " + size + " bits");
                        there.initSign(pair.getPrivate());
                        there.update(data);
                        verify(here, pair.getPublic(), data, there.sign(), true);
                    }
                    verify(here, pair.getPublic(), data, ours, true);
                    verify(here, pair.getPublic(), wrong, ours, false);
                }
            }
        }
    }

    /** Java's own signature of that name; null for the few that it does not have. */
    static Signature independent(String name, String algorithm) throws Exception {
        if (name.startsWith("RawDSA")) name = name.replace("RawDSA", "NONEwithDSA");
        if (name.equals("DSAinP1363Format")) name = "SHA1withDSAinP1363Format";
        if (name.endsWith("withRSASSA-PSS")) {
            String hash = name.replace("withRSASSA-PSS", "").replace("SHA", "SHA-").replace("SHA-3-", "SHA3-");
            int length = MessageDigest.getInstance(hash).getDigestLength();
            Signature pss = Signature.getInstance("RSASSA-PSS", "SunRsaSign");
            pss.setParameter(new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), length, 1));
            return pss;
        }
        String provider = algorithm.equals("EC") ? "SunEC" : algorithm.equals("DSA") ? "SUN" : "SunRsaSign";
        if (Security.getProvider(provider).getService("Signature", name) == null) {
            check(name.equals("NONEwithRSA"), "Java has nothing to compare with");
            return null;
        }
        return Signature.getInstance(name, provider);
    }

    static void verify(Signature with, PublicKey key, byte[] data, byte[] signature, boolean expected) throws Exception {
        with.initVerify(key);
        with.update(data);
        boolean right;
        try {
            right = with.verify(signature);
        } catch (SignatureException refused) {
            if (expected) throw refused;
            right = false;
        }
        check(right == expected, expected ? "a good signature is refused" : "a wrong signature is taken");
    }

    static void agreement(String name) throws Exception {
        String algorithm = name.equals("DH") ? "DH" : "EC";
        for (int size : algorithm.equals("DH") ? new int[] {2048} : new int[] {256, 384, 521}) {
            KeyPair peer = software(algorithm, size);
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm, token);
            if (peer.getPublic() instanceof DHPublicKey dh) generator.initialize(dh.getParams());
            else generator.initialize(size);
            KeyPair ours = generator.generateKeyPair();
            KeyAgreement here = KeyAgreement.getInstance(name, token);
            here.init(ours.getPrivate());
            here.doPhase(peer.getPublic(), true);
            KeyAgreement there = KeyAgreement.getInstance(name, algorithm.equals("DH") ? "SunJCE" : "SunEC");
            there.init(peer.getPrivate());
            there.doPhase(KeyFactory.getInstance(algorithm).translateKey(ours.getPublic()), true);
            check(Arrays.equals(here.generateSecret(), there.generateSecret()), "secret of " + size);
        }
    }

    static void keyPair(String name) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(name, token);
        for (int size : name.equals("EC") ? new int[] {256, 384, 521} : name.equals("DSA") ? new int[] {1024} : new int[] {2048}) {
            if (name.equals("DH")) {
                generator.initialize(((DHPublicKey) software("DH", size).getPublic()).getParams());
            } else {
                generator.initialize(size);
            }
            KeyPair pair = generator.generateKeyPair();
            check(pair.getPublic().getEncoded().length > 50, "an encoded public key");
            if (name.equals("DH")) continue; // its agreement is tested
            String signature = "SHA1with" + (name.equals("EC") ? "ECDSA" : name);
            Signature here = Signature.getInstance(signature, token);
            here.initSign(pair.getPrivate());
            here.update(pair.getPublic().getEncoded());
            byte[] made = here.sign();
            String provider = name.equals("EC") ? "SunEC" : name.equals("DSA") ? "SUN" : "SunRsaSign";
            PublicKey key = KeyFactory.getInstance(name).generatePublic(new X509EncodedKeySpec(pair.getPublic().getEncoded()));
            verify(Signature.getInstance(signature, provider), key, pair.getPublic().getEncoded(), made, true);
        }
    }

    static void secretKey(String name) throws Exception {
        KeyGenerator generator = KeyGenerator.getInstance(name, token);
        SecretKey key = generator.generateKey(), other = generator.generateKey();
        if (name.startsWith("Hmac")) {
            Mac mac = Mac.getInstance(name, token);
            mac.init(key);
            byte[] data = bytes(100), made = mac.doFinal(data);
            check(Arrays.equals(made, hmac(name, key.getEncoded(), data)), "MAC");
        } else if (name.startsWith("ChaCha")) {
            check(key.getEncoded().length == 32, "length");
        } else {
            Cipher cipher = Cipher.getInstance(name + "/CBC/NoPadding", token);
            byte[] data = bytes(32);
            cipher.init(Cipher.ENCRYPT_MODE, key);
            byte[] made = cipher.doFinal(data), iv = cipher.getIV();
            cipher = Cipher.getInstance(name + "/CBC/NoPadding", "SunJCE");
            cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key.getEncoded(), name), new IvParameterSpec(iv));
            check(Arrays.equals(cipher.doFinal(made), data), "encryption");
        }
        check(!Arrays.equals(key.getEncoded(), other.getEncoded()), "the same key twice");
    }

    static void keyFactory(String name) throws Exception {
        KeyPair pair = software(name, name.equals("EC") ? 256 : name.equals("DSA") ? 1024 : 2048);
        KeyFactory here = KeyFactory.getInstance(name, token), there = KeyFactory.getInstance(name);
        PublicKey key = (PublicKey) here.translateKey(pair.getPublic());
        // (Software adds an optional length to the encoding of a DH key.)
        if (!name.equals("DH"))
            check(Arrays.equals(key.getEncoded(), pair.getPublic().getEncoded()), "the same public key");
        check(there.translateKey(key).equals(pair.getPublic()), "the same public key back");
        PrivateKey secret = here.generatePrivate(new PKCS8EncodedKeySpec(pair.getPrivate().getEncoded()));
        check(here.translateKey(secret) != null && secret.getAlgorithm().equals(name), "the private key");
    }

    static void secretKeyFactory(String name) throws Exception {
        if (name.contains("PB")) {
            char[] characters = "a password".toCharArray();
            byte[] salt = bytes(16);
            PBEKeySpec password = name.startsWith("PBKDF2") ? new PBEKeySpec(characters, salt, 1000, 256)
                : new PBEKeySpec(characters, salt, 1000);
            SecretKey made = SecretKeyFactory.getInstance(name, token).generateSecret(password);
            if (name.startsWith("PBKDF2")) {
                byte[] expected = SecretKeyFactory.getInstance(name, "SunJCE").generateSecret(password).getEncoded();
                check(Arrays.equals(made.getEncoded(), expected), "the same key");
            }
            return;
        }
        int length = switch (name) {
            case "DES" -> 8;
            case "DESede" -> 24;
            case "ChaCha20" -> 32;
            default -> 16;
        };
        byte[] raw = bytes(length);
        if (name.startsWith("DES")) for (int i = 0; i < length; i++) raw[i] = odd(raw[i]);
        SecretKey key = SecretKeyFactory.getInstance(name, token).translateKey(new SecretKeySpec(raw, name));
        check(Arrays.equals(key.getEncoded(), raw), "the same key");
    }

    static void random(String name) throws Exception {
        SecureRandom here = SecureRandom.getInstance(name, token);
        byte[] first = new byte[64], second = new byte[64];
        here.nextBytes(first);
        here.setSeed(bytes(20));
        here.nextBytes(second);
        check(!Arrays.equals(first, second), "the same bytes twice");
    }

    /** The imported keys "rsa" and "ec" have their certificates; new entries are set, used, renamed, removed. */
    static void keyStore(KeyStore store, char[] pin) throws Exception {
        for (String alias : new String[] {"rsa", "ec"}) {
            check(store.isKeyEntry(alias), alias + " is a key");
            PrivateKey key = (PrivateKey) store.getKey(alias, null);
            X509Certificate certificate = (X509Certificate) store.getCertificate(alias);
            check(key.getEncoded() == null, "a private key of the token shows itself");
            Signature signature = Signature.getInstance(alias.equals("rsa") ? "SHA256withRSA" : "SHA256withECDSA", token);
            signature.initSign(key);
            signature.update(pin.length > 0 ? new byte[100] : null);
            byte[] made = signature.sign();
            Signature there = Signature.getInstance(signature.getAlgorithm());
            there.initVerify(certificate);
            there.update(new byte[100]);
            check(there.verify(made), alias + " signs");
        }
        X509Certificate certificate = (X509Certificate) store.getCertificate("ec");
        int before = store.size();

        SecretKey secret = new SecretKeySpec(bytes(32), "AES");
        store.setEntry("secret", new KeyStore.SecretKeyEntry(secret), null);
        check(store.size() == before + 1 && store.isKeyEntry("secret"), "a secret key entry");
        Cipher here = Cipher.getInstance("AES/ECB/NoPadding", token), there = Cipher.getInstance("AES/ECB/NoPadding", "SunJCE");
        here.init(Cipher.ENCRYPT_MODE, store.getKey("secret", null));
        there.init(Cipher.ENCRYPT_MODE, secret);
        byte[] block = bytes(16);
        check(Arrays.equals(here.doFinal(block), there.doFinal(block)), "the stored secret key");

        // A key made in software with a certificate, as keytool -importkeystore does, for each type.
        for (String alias : new String[] {"soft-rsa", "soft-ec"}) {
            KeyStore soft = KeyStore.getInstance("PKCS12");
            soft.load(Files.newInputStream(Path.of(alias + ".p12")), "changeit".toCharArray());
            String name = soft.aliases().nextElement();
            Key key = soft.getKey(name, "changeit".toCharArray());
            store.setKeyEntry(alias, key, null, soft.getCertificateChain(name));
            PrivateKey stored = (PrivateKey) store.getKey(alias, null);
            String algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
            Signature signature = Signature.getInstance(algorithm, token);
            signature.initSign(stored);
            signature.update(block);
            byte[] made = signature.sign();
            verify(Signature.getInstance(algorithm), soft.getCertificate(name).getPublicKey(), block, made, true);
            check(store.getCertificate(alias).equals(soft.getCertificate(name)), "the stored certificate");
            check(alias.equals(store.getCertificateAlias(soft.getCertificate(name))), "the certificate is found");
            store.deleteEntry(alias);
            check(!store.containsAlias(alias), "deleted");
        }
        store.deleteEntry("secret");
        check(store.size() == before, "everything is deleted");
        check(certificate.equals(store.getCertificate("ec")), "the others stay");
    }
}
