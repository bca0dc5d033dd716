"""Holds what the documents say against the program: options, settings, capabilities, links, the manual page's form."""

import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("RTPPROXY_")}


def run(*arguments, **options):
    return subprocess.run(arguments, capture_output=True, text=True, env=ENVIRONMENT, check=False, **options)


def rtpproxy(*arguments):
    return run(os.environ["RTPPROXY_BINARY"], *arguments, stdin=subprocess.DEVNULL)


def text_of(path):
    return (ROOT / path).read_text(encoding="utf-8")


def options_in_help():
    """Pairs of a long name and its letter, or None."""
    lines = re.findall(r"^  (?:-(\S) \[ )?--([a-z0-9-]+)", rtpproxy("--help").stdout, re.MULTILINE)
    return {(name, letter or None) for letter, name in lines}


class Options(unittest.TestCase):
    def test_manual_page_lists_exactly_the_options(self):
        items = re.findall(r"^\.It (?:Fl (\S) , )?Fl Fl ([a-z0-9-]+)", text_of("docs/rtpproxy.8"), re.MULTILINE)
        self.assertEqual({(name, letter or None) for letter, name in items}, options_in_help())

    def test_configuration_lists_every_setting(self):
        settings = {name.replace("-", "_") for name, _ in options_in_help()}
        settings -= {"config", "check_config", "help", "version", "capabilities", "clock", "dso"}
        shown = set(re.findall(r"^# {0,3}([a-z0-9_]+) = ", text_of("etc/rtpproxy.conf"), re.MULTILINE))
        self.assertEqual(shown, settings)

    def test_configuration_shows_the_defaults(self):
        defaults = re.findall(r"^#([a-z0-9_]+ = .*)$", text_of("etc/rtpproxy.conf"), re.MULTILINE)
        self.assertTrue(defaults)
        with tempfile.TemporaryDirectory() as directory:
            file = pathlib.Path(directory) / "rtpproxy.conf"
            file.write_text("\n".join(defaults) + "\n", encoding="utf-8")
            with_file = rtpproxy("--config", str(file), "--check-config")
        without = rtpproxy("--config", "/dev/null", "--check-config")
        self.assertEqual(with_file.returncode, 0, with_file.stderr)

        def values(output):
            return [line.split("  #")[0] for line in output.splitlines() if not line.startswith("# rtpproxy")]

        different = set(values(with_file.stdout)) ^ set(values(without.stdout))
        # Shown as what a daemon has; overload_prot has no effect.
        different = {line for line in different if not re.match(r"#? ?(overload_prot|pid_file|log_level)\b", line)}
        self.assertEqual(different, set())

    def test_settings_the_documents_name_exist(self):
        known = {name.replace("-", "_") for name, _ in options_in_help()}
        for path in ("README.md", "docs/OPERATIONS.md"):
            named = set(re.findall(r"`([a-z0-9_]+) = ", text_of(path))) - {"key"}
            self.assertLessEqual(named, known, path)


class Capabilities(unittest.TestCase):
    def test_documents_tell_what_the_program_tells(self):
        supported = set(re.findall(r"^Extension (\d{8})", rtpproxy("-v").stdout, re.MULTILINE))
        readme = text_of("README.md")
        claimed = re.findall(r"\d{8}", re.search(r"^\| `1` \|(.*)$", readme, re.MULTILINE).group(1))
        conditional = re.findall(r"\d{8}", re.search(r"^\| `1` with (.*)$", readme, re.MULTILINE).group(1))
        self.assertEqual({*claimed, *conditional}, supported)

        rows = re.findall(r"^\| (\d{8}) \|.*\| (\d)[^|]*\|$", text_of("docs/CONTROL_PROTOCOL.md"), re.MULTILINE)
        self.assertEqual({date for date, answer in rows if answer == "1"}, supported)


class Form(unittest.TestCase):
    def test_links_lead_somewhere(self):
        for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]:
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", path.read_text(encoding="utf-8")):
                if "://" not in target:
                    self.assertTrue((path.parent / target).exists(), f"{path.name}: {target}")

    def test_manual_pages_have_no_warnings(self):
        pages = [*ROOT.glob("docs/*.[18]")]
        self.assertEqual({page.name for page in pages}, {"rtpproxy.8", "makeann.1", "extractaudio.1"})
        for page in pages:
            shown = run("man", "--warnings", "--local-file", "-Tutf8", "-Z", str(page))
            self.assertEqual((shown.returncode, shown.stderr), (0, ""), page.name)

    def test_scripts_pass_shellcheck(self):
        scripts = [
            *ROOT.glob("scripts/*"),
            *ROOT.glob(".ci/*"),
            *ROOT.glob("docker/*.sh"),
            *ROOT.glob("packaging/debian/*inst"),
            *ROOT.glob("packaging/debian/*rm"),
            *ROOT.glob("test/packaging/*.sh"),
        ]
        self.assertGreater(len(scripts), 8)
        checked = run("shellcheck", *map(str, scripts))
        self.assertEqual(checked.stdout + checked.stderr, "")


if __name__ == "__main__":
    unittest.main()
