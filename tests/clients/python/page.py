"""Does what a page of the book says, as a new user would: in Debian 13, in which nothing of ours is but what `make install` puts there.

Arguments: the root of a Debian 13, which stays as it is; a folder with the library and the tool; the page; more pages, of which what
they say is done first, or with `:files` behind the name only the files are written that they show. Runs as root in namespaces of its own
for mounts, processes and the network (`unshare`): with them goes all that was changed.

Blocks of shell are run as they are written, but that programs which serve go on beside the commands that follow. A comment
`<!-- not run: … -->` before a block keeps it from being run. Questions on the terminal are answered. A block that begins with a comment
`# NAME.EXTENSION` is the content of that file. What a page takes for granted (a document, somebody's key) is made by the script of its
name in tests/clients/pages."""

import os
import pathlib
import pty
import re
import select
import subprocess
import sys

ROOT, BUILT, *PAGES = sys.argv[1:]
SOURCE = pathlib.Path(__file__).resolve().parents[3]

# What ends a question, and the answer: the first that fits.
ANSWERS = [
    (r"\(yes/no[^\n]*\? *$", "yes"),
    (r"typing until the progress meter is full:\s*[|* ]*$", "as random as it gets " * 10),
    (r"ress <?enter>?[^\n]*: *$", ""),
    (r"(SO PIN|Security Officer)[^\n]*: *$", "87654321"),
    (r"(NSS Certificate DB|[Nn]ew password|Re-enter password)[^\n]*: *$", "A-database-pin1"),
    (r"PKCS#11: *$", "123456"),
    (r"(PKCS12 file|passphrase)[^\n]*: *$", "changeit"),
    (r"PIN[^\n]*\(press TAB for no echo\) *$", "123456"),
    (r"([Pp]in|PIN|[Pp]assword)[^\n]*: *$", "123456"),
]

SERVERS = r"(openssl s_server|gnutls-serv|selfserv|p11-kit server|stunnel|named|/usr/sbin/sshd) "

START = """set -e
PS4='$ '
serve() {
    { set +x; } 2>/dev/null
    local before=$(ss -Hlntx | wc -l)
    "$@" &
    for try in $(seq 100); do
        [ "$(ss -Hlntx | wc -l)" -gt "$before" ] && set -x && return
        sleep 0.1
    done
    echo "does not serve: $*"
    exit 1
}
"""


def blocks(page, files_only=False):
    """The blocks of a page that are run or written to a file, as shell."""
    run = written = 0
    for before, kind, body in re.findall(r"^([^\n]*)\n```(\w*)\n(.*?)^```$", "\n" + page.read_text(), re.M | re.S):
        name = re.match(r"# ([\w./~-]+\.\w+)\n", body)
        if before.startswith("<!-- not run: "):
            continue
        if kind == "sh" and not files_only:
            run += 1
            yield "set -x\n" + re.sub(f"^{SERVERS}", r"serve \g<0>", body, flags=re.M) + "{ set +x; } 2>/dev/null\n"
        elif name:
            written += 1
            yield f"mkdir -p $(dirname {name[1]})\ncat > {name[1]} <<'END_OF_FILE'\n{body}END_OF_FILE\n"
    print(f"{page.name}: {run} blocks to run, {written} files to write")
    assert written if files_only else run, "nothing is done"


def prepared(page):
    script = SOURCE / "tests/clients/pages" / f"{page.stem}.sh"
    return script.read_text() if script.exists() else ""


def system():
    """The root with `make install` done in it; what is written there is in memory."""
    # A folder that Debian has for such things.
    scratch = pathlib.Path(ROOT) / "mnt"
    run = lambda *command: subprocess.run(command, check=True)
    run("mount", "-t", "tmpfs", "tmpfs", scratch)
    upper, work, root = (scratch / name for name in ("upper", "work", "root"))
    for folder in (upper, work, root):
        folder.mkdir(mode=0o755)
    run("mount", "-t", "overlay", "overlay", "-o", f"lowerdir={ROOT},upperdir={upper},workdir={work}", root)
    run("mount", "-t", "proc", "proc", root / "proc")
    run("mount", "--bind", "/dev/pts", root / "dev/pts")
    run("ip", "link", "set", "lo", "up")
    run("make", "-s", "-C", SOURCE, "install", f"DESTDIR={root}", f"RELEASE={BUILT}")
    return root


def talk(child, terminal):
    """Shows what comes, and answers what is asked, until the child ends (servers may still have the terminal then): how it ended."""
    unanswered = ""
    while True:
        ready, _, _ = select.select([terminal], [], [], 0.1)
        if ready:
            shown = os.read(terminal, 4096).decode(errors="replace").replace("\r", "")
            sys.stdout.write(shown)
            unanswered = (unanswered + shown)[-2000:]
            continue
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        for question, answer in ANSWERS:
            if re.search(question, unanswered):
                os.write(terminal, answer.encode() + b"\n")
                unanswered = ""
                break


def main():
    script = START
    for name in PAGES[1:] + PAGES[:1]:
        page, _, part = name.partition(":")
        page = SOURCE / page
        script += ("" if part else prepared(page)) + "".join(blocks(page, part == "files"))
    root = system()
    (root / "root/page.sh").write_text(script)
    sys.stdout.flush()
    child, terminal = pty.fork()
    if child == 0:
        os.chroot(root)
        os.chdir("/root")
        environment = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8", "TERM": "dumb"}
        os.execve("/bin/bash", ["bash", "page.sh"], environment)
    try:
        sys.exit(talk(child, terminal))
    except OSError:  # Nobody has the terminal any more.
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main()
