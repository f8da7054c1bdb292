"""Opens so many TLS connections to a port, eight at once; prints the answers that came, each once, and fails if one did not come.
Arguments: the port, the certificate to trust, the number."""

import socket
import ssl
import sys
from concurrent.futures import ThreadPoolExecutor

port, trusted, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
context = ssl.create_default_context(cafile=trusted)


def ask(_):
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="localhost") as server:
        server.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: server.recv(4096), b""))
        status, body = answer.split(b"\r\n")[0], answer.split(b"\r\n\r\n")[1]
        assert b"200 OK" in status, answer
        return body.decode().strip()


with ThreadPoolExecutor(8) as pool:
    answers = list(pool.map(ask, range(count)))
assert len(answers) == count
print("\n".join(sorted(set(answers))))
