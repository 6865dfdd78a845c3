"""Running a program to its end, with a deadline, and never leaving it behind."""

import subprocess


class Done:
    """How a program ended. Text is decoded so that not a byte of it is lost."""

    def __init__(self, argv, code, out, err):
        self.argv, self.code, self.raw_out, self.raw_err = argv, code, out, err
        self.out = out.decode("utf-8", "surrogateescape")
        self.err = err.decode("utf-8", "surrogateescape")

    def __repr__(self):
        return f"{self.argv} ended with {self.code}\nstdout: {self.out}\nstderr: {self.err}"


def run(argv, deadline=60, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    with subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) as p:
        try:
            out, err = p.communicate(timeout=deadline)
        except subprocess.TimeoutExpired:
            p.kill()
            raise AssertionError(f"{argv} was not done after {deadline} s") from None
    return Done(argv, p.returncode, out, err)


def check(argv, deadline=60, **options):
    """As run(), and it has to succeed."""
    done = run(argv, deadline, **options)
    assert done.code == 0, done
    return done
