"""Do the documents say what the programs do? Man pages that render without a warning; verbs, options, exit codes,
JSON fields and socket requests that are all described; links that lead somewhere.

check-docs.py SOURCE_FOLDER GUARDIAN
"""

import pathlib
import re
import subprocess
import sys

top = pathlib.Path(sys.argv[1])
guardian = sys.argv[2]
problems = []


def text_of(path):
    return (top / path).read_text(encoding="utf-8")


def words_of_page(page):
    shown = subprocess.run(["groff", "-ww", "-mandoc", "-Tascii", "-P-cbou", str(page)], capture_output=True, text=True)
    if shown.returncode != 0 or shown.stderr:
        problems.append(f"{page.name} does not render cleanly: {shown.stderr.strip() or shown.returncode}")
    return set(re.findall(r"[\w-]+", re.sub(r"-\n\s*", "-", shown.stdout)))


def expect(page, words, what):
    for word in sorted(set(words) - pages[page]):
        problems.append(f"{page} does not mention the {what} {word}")


def help_of(*arguments):
    return subprocess.run([guardian, *arguments, "--help"], capture_output=True, text=True, check=True).stdout


def options_in(text):
    return re.findall(r"--[a-z][a-z-]+", text)


def check_verbs():
    verbs = re.findall(r"^  ([a-z]+) ", help_of().split("Subcommands:")[-1], re.M)
    if len(verbs) < 8:
        problems.append(f"the verbs cannot be read from guardian --help: {verbs}")
    expect("guardian.1", verbs, "verb")
    for verb in verbs:
        expect("guardian.1", options_in(help_of(verb)), "option")


def check_contracts():
    keys = re.findall(r'\{"([a-z_]+)",|progress\["([a-z_]+)"\]|o\["([a-z_]+)"\]', text_of("src/report/status_json.cpp"))
    expect("guardian.1", [k for groups in keys for k in groups if k], "JSON field")
    requests = re.findall(r'Form\{"([a-z-]+)"', text_of("src/daemon/requests.cpp"))
    expect("guardiand.8", requests, "request")
    for source in ("src/core/target_state.cpp", "src/core/run.cpp", "src/core/world.cpp"):
        expect("guardian.1", set(re.findall(r'return "([a-z-]+)";', text_of(source))) - {"prepare", "check"}, "word")


def check_exit_codes():
    enum = re.search(r"enum ExitCode \{(.*?)\};", text_of("src/base/exit_code.hpp"), re.S).group(1)
    in_page = re.findall(r"^\.It (\d)$", text_of("docs/guardian.1").split(".Sh EXIT STATUS")[1], re.M)
    in_readme = re.findall(r"^\| (\d) \|", text_of("README.md"), re.M)
    for name, codes in (("guardian.1", in_page), ("README.md", in_readme)):
        if codes != re.findall(r"= (\d)", enum):
            problems.append(f"{name} has other exit codes than src/base/exit_code.hpp: {codes}")


def check_links():
    for page in [top / "README.md", *(top / "docs").glob("*.md")]:
        for link in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            if not (page.parent / link).exists():
                problems.append(f"{page.name} links to {link}, which is not there")


pages = {page.name: words_of_page(page) for page in sorted((top / "docs").glob("*.[158]"))}
check_verbs()
check_contracts()
check_exit_codes()
check_links()
print("\n".join(problems) or "the documents agree with the programs")
sys.exit(1 if problems else 0)
