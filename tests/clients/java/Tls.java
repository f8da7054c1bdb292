import java.io.*;
import java.nio.file.Path;
import java.security.*;
import java.util.*;
import javax.net.ssl.*;

/**
 * A TLS server whose key is in the token and whose cryptography the token does as far as it can, since it is Java's first
 * provider. The openssl program is its client. Arguments: the provider's configuration, the user's PIN, a file with the
 * certificates that the client trusts. Prints a line for each connection.
 */
public class Tls {
    public static void main(String[] arguments) throws Exception {
        // Java does not ask a token for extended master secrets, but computes them itself.
        System.setProperty("jdk.tls.useExtendedMasterSecret", "false");
        // Suites in which the client encrypts a secret for the server's RSA key are tested too.
        Security.setProperty("jdk.tls.disabledAlgorithms", "");
        Provider token = Security.getProvider("SunPKCS11").configure(arguments[0]);
        char[] pin = arguments[1].toCharArray();
        KeyStore store = KeyStore.getInstance("PKCS11", token);
        store.load(null, pin);
        Security.insertProviderAt(token, 1);

        KeyManagerFactory keys = KeyManagerFactory.getInstance("SunX509");
        keys.init(store, pin);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0);
        int port = server.getLocalPort();

        String[][] cases = {
            {"-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256"},
            {"-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256"},
            {"-tls1_3", "-sigalgs", "rsa_pss_rsae_sha256", "-groups", "P-384"},
            {"-tls1_3", "-sigalgs", "ecdsa_secp256r1_sha256", "-groups", "X25519"},
            {"-tls1_3", "-sigalgs", "rsa_pss_rsae_sha512", "-groups", "ffdhe2048"},
            {"-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"},
            {"-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"},
            {"-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"},
            {"-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"},
            {"-tls1_2", "-cipher", "ECDHE-RSA-AES128-SHA256", "-groups", "P-521"},
            {"-tls1_2", "-cipher", "DHE-RSA-AES128-GCM-SHA256"},
            {"-tls1_2", "-cipher", "AES128-GCM-SHA256"},
            {"-tls1_2", "-cipher", "AES256-SHA"},
        };
        for (String[] options : cases) {
            List<String> command = new ArrayList<>(List.of("openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile",
                arguments[2], "-connect", "127.0.0.1:" + port));
            command.addAll(List.of(options));
            Process client = new ProcessBuilder(command).redirectError(new File("s_client.log")).start();
            try (SSLSocket socket = (SSLSocket) server.accept()) {
                PrintStream out = new PrintStream(client.getOutputStream(), true);
                out.println("hello ".repeat(1000));
                BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream()));
                String received = in.readLine();
                socket.getOutputStream().write((received.toUpperCase() + "\n").getBytes());
                String answered = new BufferedReader(new InputStreamReader(client.getInputStream())).readLine();
                if (!"HELLO ".repeat(1000).equals(answered)) throw new Exception("the client got " + answered);
                System.out.println("ok " + String.join(" ", options) + ": " + socket.getSession().getCipherSuite());
            } catch (Exception problem) {
                throw new Exception(String.join(" ", options), problem);
            } finally {
                client.destroy();
                client.waitFor();
            }
        }
    }
}
