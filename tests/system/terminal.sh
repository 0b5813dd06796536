#!/bin/bash
# terminal.sh - at a real terminal (a pty): Ctrl-C anywhere, and the terminal as it was.
. "$SOURCE_DIR/tests/system/lib.sh.inc"
python3 - "$bot" "$sample" "$scratch" >"$scratch/out" 2>&1 <<'PY' || bad=$((bad + 1))
import os, pty, select, signal, sys, termios, time

bot, sample, scratch = sys.argv[1:]
slow = ("SELECT sum(a.net_amount * b.quantity) AS x FROM sales a, sales b "
        "WHERE a.cost_amount + b.quantity <> 1")
failed = 0


class Terminal:
    def __init__(self, *args):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            os.execv(bot, [bot, *args])
        self.before = termios.tcgetattr(self.fd)
        self.text = b""

    def until(self, what, seconds=20):
        end = time.time() + seconds
        while what not in self.text and time.time() < end:
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    self.text += os.read(self.fd, 65536)
                except OSError:
                    break
        found = what in self.text
        self.text = self.text.split(what, 1)[-1] if found else self.text
        return found

    def send(self, data):
        os.write(self.fd, data)

    def end(self, seconds=20):
        after, status, give_up = None, None, time.time() + seconds
        while status is None and time.time() < give_up:
            if select.select([self.fd], [], [], 0.05)[0]:
                try:
                    self.text += os.read(self.fd, 65536)
                except OSError:
                    pass
            try:
                after = termios.tcgetattr(self.fd)
            except termios.error:
                pass
            pid, s = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                status = s
        if status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            return "still running", False
        code = os.waitstatus_to_exitcode(status)
        try:
            after = termios.tcgetattr(self.fd)
        except termios.error:
            pass
        return (130 if code == -2 else code), after[:4] == self.before[:4]


def check(what, ok, detail=""):
    global failed
    failed += not ok
    print(("ok   " if ok else "FAIL ") + what, detail)


plain = ["--db", sample, "--no-model"]

t = Terminal("chat", *plain)
check("a prompt", t.until(b"? "))
t.send(b"total sales in 2")
time.sleep(0.2)
t.send(b"\x03")
check("Ctrl-C gives up the line", t.until(b"? "))
t.send(b"total sales in 2024\n")
check("and the session goes on", t.until("€".encode()) and t.until(b"? "))
t.send(b"\x04")
check("Ctrl-D ends, the terminal as before", t.end() == (0, True))

t = Terminal("chat", *plain)
t.until(b"? ")
os.kill(t.pid, signal.SIGTERM)
check("SIGTERM at the prompt ends, the terminal as before", t.end() == (130, True))

t = Terminal("ask", *plain, "--sql", slow)
time.sleep(1.0)
t.send(b"\x03")
result = t.end()
check("Ctrl-C stops a statement", result == (130, True), result)

late = os.path.join(scratch, "late.duckdb")
t = Terminal("init", "--rows", "3000000", late)
check("progress is shown", t.until(b"%"))
t.send(b"\x03")
result = t.end()
check("Ctrl-C stops init", result == (130, True), result)
check("nothing is left under its name", not [f for f in os.listdir(scratch) if "late" in f])

t = Terminal("ask", *plain, "--out", os.path.join(scratch, "late.csv"), "--format", "csv", "--sql", slow)
time.sleep(1.0)
t.send(b"\x03")
check("a stopped answer writes no file", t.end()[0] == 130 and not os.path.exists(os.path.join(scratch, "late.csv")))
sys.exit(failed > 0)
PY
done_=$((done_ + 11))
grep FAIL "$scratch/out" && cat "$scratch/out"
finish
