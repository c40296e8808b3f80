"""The packages of the Lambda functions: each holds what its function imports, and nothing else.

What that is, is not guessed from requirements: the function's module is imported in an interpreter of its own, with an
environment like the one it will have, and what is loaded then is taken. A module of ours is taken by itself, anything
else with the distribution it came in, from the hash-pinned wheels of requirements/aws.txt for the Lambda runtime.
Building twice gives the same bytes.
"""

from __future__ import annotations

import argparse
import functools
import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from infra.aws.settings import EXAMPLE

ROOT: Final = Path(__file__).resolve().parents[2]
FUNCTIONS: Final = tuple(
    sorted(path.stem for path in (ROOT / "infra/aws/functions").glob("*.py") if path.stem != "__init__")
)
"""The Lambda functions; the module of each has a `handler`, and its package is `build/<name>`."""

PYTHON_VERSION: Final = "3.13"
PLATFORM: Final = "aarch64-manylinux2014"
"""What Lambda's python3.13 runtime on arm64 runs: Amazon Linux 2023, whose glibc is newer than this platform's."""

BOTOCORE_SERVICES: Final = frozenset({"dynamodb", "events", "scheduler", "secretsmanager", "sqs"})
"""Of botocore's models of some 400 services (25 MB), those that a function has a client of."""
NOT_RUN: Final = frozenset({".c", ".h", ".map", ".pxd", ".pyc", ".pyi", ".pyx"})
"""Files of a distribution, or of the console's build, that say how it was made."""
NOT_REPRODUCIBLE: Final = frozenset({"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json"})
"""Files in which an installer says what it did."""
CONSOLE: Final = "admin_api/console/dist"
READ_BY: Final = {"admin_api.error_page": ("docs/errors.md",), "admin_api.console_build": (CONSOLE,)}
"""Files beside the code that a module of ours reads; of a directory all that are in it, if it is there."""
LOADED_BY: Final = {"zoneinfo": ("tzdata",), "infra.aws.process": ("aws-xray-sdk", "wrapt")}
"""Distributions that a module loads when they are first needed: time zones, and where traces are made, the SDK."""

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a ZIP file can state: every file's."""
_EPOCH_S: Final = 315_532_800


@dataclass(frozen=True, slots=True)
class Contents:
    """What a function imports: files of ours by their path in this repository, and distributions by their name.

    `modules` are the paths in the package of those that are loaded when it starts.
    """

    files: Collection[str]
    distributions: Collection[str]
    modules: Collection[str] = ()


def imported_by(function: str) -> Contents:
    """What importing a function loads. Raises CalledProcessError if it cannot be imported."""
    site = installed_here()
    owners = _owners(site)
    loaded = _loaded_by(f"infra.aws.functions.{function}", site, _not_pinned(site))
    files: set[str] = set()
    modules: set[str] = set()
    names = {name for module in loaded for name in LOADED_BY.get(module, ())} & set(owners.values())
    for module, path in loaded.items():
        if path in owners:
            names.add(owners[path])
            modules.add(str(path.relative_to(site)))
        elif path.is_relative_to(ROOT):
            files.add(str(path.relative_to(ROOT)))
            files.update(read_by(module))
    modules |= files
    return Contents(files, names, {path for path in modules if path.endswith(".py")})


def read_by(module: str, root: Path = ROOT) -> Iterator[str]:
    """The files beside the code that a module of ours reads, by their path in this repository."""
    for name in READ_BY.get(module, ()):
        if (root / name).is_file():
            yield name
        for path in (root / name).rglob("*"):
            if path.is_file() and path.suffix not in NOT_RUN:
                yield path.relative_to(root).as_posix()


def write(contents: Contents, target: Path, site: Path) -> None:
    """Write a package as a directory, replacing what is there. `site` is where its distributions are installed.

    Raises LookupError for a distribution that is not in `site`.
    """
    shutil.rmtree(target, ignore_errors=True)
    found = _files(site)
    if missing := sorted(set(contents.distributions) - set(found)):
        raise LookupError(f"not in requirements/aws.txt: {', '.join(missing)}; add what brings it to aws.in")
    for name in contents.distributions:
        for path in found[name]:
            if _is_needed(path) and (site / path).is_file():
                _copy(site / path, target / path)
    for file in contents.files:
        _copy(ROOT / file, target / file)


def build(functions: Collection[str], into: Path, site: Path, interpreter: str | None) -> Mapping[Path, Contents]:
    """Write the packages of functions, each to a directory of its name; what is in each.

    `interpreter` compiles their modules; with None they are not. Raises what the single steps raise.
    """
    packages: dict[Path, Contents] = {}
    for function in functions:
        contents = imported_by(function)
        write(contents, into / function, site)
        packages[into / function] = contents
    if interpreter is not None:
        compile_modules(packages, interpreter)
    return packages


def zipped(package: Path, *, level: int = 6) -> bytes:
    """A package as a ZIP file, the same for the same contents; `level` is from 1, fast, to 9, small."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as archive:
        for path in sorted(package.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(package).as_posix(), EPOCH)
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, level)
    return buffer.getvalue()


def size_bytes(package: Path) -> int:
    """How large a package is when it is unpacked; Lambda allows 250 MB."""
    return sum(path.stat().st_size for path in package.rglob("*") if path.is_file())


def installed_here() -> Path:
    """Where this interpreter's distributions are installed: the site of packages for this machine."""
    return Path(sysconfig.get_path("purelib")).resolve()


def lambda_site(into: Path) -> Path:
    """A directory with the wheels of requirements/aws.txt for the Lambda runtime, which need not be on this machine."""
    target = into / f".wheels-{PYTHON_VERSION}-{PLATFORM}"
    shutil.rmtree(target, ignore_errors=True)
    runtime = ["--python-version", PYTHON_VERSION, "--python-platform", PLATFORM, "--only-binary", ":all:"]
    pins = ["--require-hashes", "--requirement", str(ROOT / "requirements/aws.txt")]
    uv = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
    subprocess.run([*uv, "--target", str(target), *runtime, *pins], check=True)  # noqa: S603 - our own command
    return target


def compile_modules(packages: Mapping[Path, Contents], interpreter: str) -> None:
    """Compile the modules that functions load with the Python that will run them: Lambda keeps nothing it compiles.

    Without that a cold start takes about twice as long. The compiled modules are not compared with their source, and
    know it by where Lambda has it, so they are the same in every build. Raises CalledProcessError.
    """
    jobs = [(str(package / module), module) for package, contents in packages.items() for module in contents.modules]
    environment = {"PATH": os.environ.get("PATH", ""), "PYTHONHASHSEED": "0"}
    command = [interpreter, "-c", _COMPILE]
    subprocess.run(command, env=environment, check=True, text=True, input=json.dumps(sorted(jobs)))  # noqa: S603 - ours


_COMPILE: Final = """
import importlib.util, json, os, py_compile, shutil, sys

unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
compiled = {}
for source, module in json.load(sys.stdin):
    target = importlib.util.cache_from_source(source)
    if module in compiled:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(compiled[module], target)
    else:
        compiled[module] = py_compile.compile(source, target, "/var/task/" + module, True, invalidation_mode=unchecked)
"""


def runtime_interpreter(name: str) -> str | None:
    """The interpreter of that name or path, if it is of the Lambda runtime's version."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([name, "-I", "-c", code], capture_output=True, check=True, text=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
    return name if done.stdout.strip() == PYTHON_VERSION else None


def _loaded_by(module: str, site: Path, hidden: Collection[str]) -> Mapping[str, Path]:
    """The modules that importing one loads, and their files, where the top-level modules `hidden` cannot be found.

    Without `site`, the module, so that nothing is loaded but what is asked for.
    """
    code = (
        f"import sys; sys.path += {[str(ROOT), str(site)]!r}; sys.argv = {['', module, *sorted(hidden)]!r}\n{_IMPORT}"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, env=dict(EXAMPLE), stdout=subprocess.PIPE, check=True)  # noqa: S603 - our own code
    files: dict[str, str] = json.loads(done.stdout)
    return {name: Path(file) for name, file in files.items()}


_IMPORT: Final = """
import importlib, json

class Hidden:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in sys.argv[2:]:
            raise ModuleNotFoundError(f"{name} is not in requirements/aws.txt", name=name)

sys.meta_path.insert(0, Hidden)
importlib.import_module(sys.argv[1])
files = {name: getattr(module, "__file__", None) for name, module in sys.modules.items()}
print(json.dumps({name: file for name, file in files.items() if file}))
"""


@functools.cache
def _not_pinned(site: Path) -> Collection[str]:
    """Top-level modules that are installed here but will not be there: an optional import must not find them."""
    lines = (ROOT / "requirements/aws.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.partition("==")[0] for line in lines if "==" in line and not line.startswith((" ", "#"))}
    modules: dict[bool, set[str]] = {True: set(), False: set()}
    for name, paths in _files(site).items():
        modules[name in pinned].update(path.parts[0].partition(".")[0] for path in paths)
    return modules[False] - modules[True]


@functools.cache
def _owners(site: Path) -> Mapping[Path, str]:
    """Which distribution each file of a site came with."""
    return {site / path: name for name, paths in _files(site).items() for path in paths}


@functools.cache
def _files(site: Path) -> Mapping[str, Sequence[Path]]:
    """The files of each distribution by their path in the site, without those that were put outside of it."""
    found: dict[str, Sequence[Path]] = {}
    for distribution in distributions(path=[str(site)]):
        name = distribution.name.lower().replace("_", "-").replace(".", "-")
        paths = [Path(file) for file in distribution.files or ()]
        found[name] = [path for path in paths if not path.is_absolute() and path.parts[0] not in {"..", "bin"}]
    return found


def _is_needed(path: Path) -> bool:
    """Whether a function may need a file of a distribution."""
    if path.suffix in NOT_RUN or path.name in NOT_REPRODUCIBLE:
        return False
    return path.parts[:2] != ("botocore", "data") or len(path.parts) <= 3 or path.parts[2] in BOTOCORE_SERVICES


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())
    target.chmod(0o644)
    os.utime(target, (_EPOCH_S, _EPOCH_S))


def left_out(package: Path) -> str | None:
    """What a package lacks that there could be, and how to get it; None if it lacks nothing."""
    if package.name != "api" or (package / CONSOLE).is_dir():
        return None
    return (
        "the console is left out, for it is not built: its pages will say so, and all else works; `make console` builds"
        " it, with npm and Node 20 or newer"
    )


def _report(packages: Mapping[Path, Contents]) -> str:
    lines = [f"{'function':<14}{'zipped':>10}{'unpacked':>10}  distributions"]
    for package, contents in packages.items():
        sizes = "".join(f"{size / 1_000_000:>7.2f} MB" for size in (len(zipped(package)), size_bytes(package)))
        lines.append(f"{package.name:<14}{sizes}  {' '.join(sorted(contents.distributions))}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> None:
    """Build the packages and print how large they are."""
    parser = argparse.ArgumentParser(description="Build the packages of the Lambda functions.")
    parser.add_argument("functions", nargs="*", metavar="function", help=f"of {', '.join(FUNCTIONS)}; default: all")
    parser.add_argument("--into", type=Path, default=ROOT / "build", help="directory to write to; default: build")
    parser.add_argument(
        "--host", action="store_true", help="for this machine and its Python, from what is installed: for an emulator"
    )
    parser.add_argument(
        "--compile-with",
        metavar="python",
        default=f"python{PYTHON_VERSION}",
        help=f"a Python {PYTHON_VERSION} that compiles the modules; default: %(default)s, if there is one",
    )
    options = parser.parse_args(arguments)
    if unknown := sorted(set(options.functions) - set(FUNCTIONS)):
        parser.error(f"there is no function {', '.join(unknown)}")
    options.into.mkdir(parents=True, exist_ok=True)
    site = installed_here() if options.host else lambda_site(options.into)
    interpreter = sys.executable if options.host else runtime_interpreter(options.compile_with)
    packages = build(options.functions or FUNCTIONS, options.into, site, interpreter)
    print(_report(packages))
    for package in packages:
        if said := left_out(package):
            print(said)
    if interpreter is None:
        print(
            f"{options.compile_with} is no Python {PYTHON_VERSION}, so modules are not compiled, and cold starts take"
            " twice as long; name one with --compile-with"
        )


if __name__ == "__main__":
    main()
