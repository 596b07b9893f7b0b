"""The root file system of one service: the program, the shared libraries that it loads, and nothing else.

Everything but our own programs comes from Debian packages that are installed where this runs, and each file is compared
with the checksum that its package states. There is no shell, no package manager and no second program. What the packages
are stands in var/lib/dpkg/status.d, where scanners for known vulnerabilities look, and each package's copyright file is kept.
"""

import functools
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

ACCOUNT = 65532  # what `nonroot` is elsewhere, too


class ImageError(Exception):
    """A sentence for whoever builds the image."""


def output_of(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}).stdout


class Package:
    """An installed Debian package."""

    def __init__(self, name: str) -> None:
        fields = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\t${Homepage}"
        stated = output_of("dpkg-query", "-W", "-f", fields, name).split("\t")
        self.name, self.version, self.architecture, self.source, self.source_version, self.homepage = stated
        self.qualified = name

    @functools.cached_property
    def checksums(self) -> dict[str, str]:
        """MD5 by path, as the package states them; Debian's packages have no better sums for installed files."""
        text = output_of("dpkg-query", "--control-show", self.qualified, "md5sums")
        pairs = (line.split(maxsplit=1) for line in text.splitlines())
        return {with_usr("/" + path): digest for digest, path in pairs}

    def copyright(self) -> pathlib.Path:
        return pathlib.Path("/usr/share/doc") / self.name / "copyright"

    def licences(self) -> list[str]:
        """The short names of a machine-readable copyright file; what is not machine-readable has a table in licences.py."""
        text = self.copyright().read_text(encoding="utf-8", errors="replace")
        return sorted({name.strip() for name in re.findall(r"^License:[ \t]*(\S.*)$", text, re.MULTILINE)})


def with_usr(path: str) -> str:
    """Packages still say /lib where the file is in /usr/lib."""
    return re.sub(r"^/(bin|sbin|lib|lib64)/", r"/usr/\1/", path)


@functools.cache
def package_of(path: pathlib.Path) -> Package:
    """The package that a file on this machine is from."""
    for spelling in (str(path), re.sub(r"^/usr/", "/", str(path))):
        found = subprocess.run(["dpkg-query", "-S", spelling], capture_output=True, text=True, check=False)
        if found.returncode == 0:
            return Package(found.stdout.split(": ")[0].split(",")[0])
    raise ImageError(f"{path} is from no Debian package")


def libraries_of(program: pathlib.Path) -> list[tuple[str, pathlib.Path]]:
    """The name that the loader asks for, and the file behind it."""
    found = []
    for line in output_of("ldd", str(program)).splitlines():
        if "not found" in line:
            raise ImageError(f"{program}: {line.strip()}")
        match = re.search(r"(?:(\S+) => )?(/\S+) \(0x", line)
        if match:
            path = pathlib.Path(match[2])
            found.append((path.name, path.resolve()))
    return found


class RootFileSystem:
    def __init__(self, root: pathlib.Path) -> None:
        self.root = root
        self.packages: dict[str, Package] = {}
        shutil.rmtree(root, ignore_errors=True)
        for directory in ("usr/bin", "usr/lib", "usr/sbin", "etc", "tmp", "proc", "dev", "run", "var/lib/dpkg/status.d"):
            (root / directory).mkdir(parents=True)
        (root / "tmp").chmod(0o1777)
        for name in ("lib", "lib64", "bin", "sbin"):
            (root / name).symlink_to(f"usr/{name}")
        (root / "usr/lib64").mkdir()
        self.write("etc/passwd", f"nonroot:x:{ACCOUNT}:{ACCOUNT}:nonroot:/tmp:/nologin\n")
        self.write("etc/group", f"nonroot:x:{ACCOUNT}:\n")
        self.write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def copy(self, source: pathlib.Path, path: str) -> None:
        target = self.root / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)

    def copy_tree(self, source: pathlib.Path, path: str) -> None:
        for file in sorted(source.rglob("*")):
            if file.is_file() and ".vite" not in file.parts:  # what only the build needs
                self.copy(file, f"{path}/{file.relative_to(source)}")

    def add_from_package(self, path: pathlib.Path, as_path: str | None = None) -> None:
        """A file of an installed package, exactly as the package has it."""
        package = package_of(path)
        stated = package.checksums.get(with_usr(str(path)))
        if stated and hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() != stated:
            raise ImageError(f"{path} is not what the package {package.name} has")
        self.copy(path, as_path or str(path))
        self.note(package)

    def note(self, package: Package) -> None:
        if package.name in self.packages:
            return
        self.packages[package.name] = package
        self.write(
            f"var/lib/dpkg/status.d/{package.name}",
            f"Package: {package.name}\nVersion: {package.version}\nArchitecture: {package.architecture}\n"
            f"Source: {package.source} ({package.source_version})\nStatus: install ok installed\n",
        )
        if package.copyright().exists():
            self.copy(package.copyright(), f"/usr/share/doc/{package.name}/copyright")

    def add_program(self, program: pathlib.Path, as_path: str) -> None:
        """Our own program, or one from a package, with all that the loader will ask for."""
        if program.is_relative_to("/usr"):
            self.add_from_package(program, as_path)
        else:
            self.copy(program, as_path)
        for name, file in libraries_of(program):
            directory = "/usr/lib64" if name.startswith("ld-linux") else f"/usr/lib/{file.parent.name}"
            if not (self.root / f"{directory}/{name}".lstrip("/")).exists():
                self.add_from_package(file, f"{directory}/{name}")

    def add_certificates(self) -> None:
        """The authorities of the package ca-certificates, without those that this machine trusts besides."""
        bundle = []
        package = Package("ca-certificates")
        stated = package.checksums
        for file in sorted(pathlib.Path("/usr/share/ca-certificates/mozilla").glob("*.crt")):
            if hashlib.md5(file.read_bytes(), usedforsecurity=False).hexdigest() != stated.get(str(file)):
                raise ImageError(f"{file} is not what the package ca-certificates has")
            bundle.append(file.read_text(encoding="ascii").strip() + "\n")
        self.write("etc/ssl/certs/ca-certificates.crt", "".join(bundle))
        self.note(package)

    def size(self) -> int:
        return sum(file.lstat().st_size for file in self.root.rglob("*") if not file.is_dir())


def assemble(service: str, tree: pathlib.Path, build: pathlib.Path, root: pathlib.Path) -> RootFileSystem:
    """`tree` is the repository, `build` a release build of it."""
    image = RootFileSystem(root)
    programs = build / "bin"
    if service == "console":
        image.add_program(programs / "console-server", "/usr/bin/console-server")
        image.add_program(pathlib.Path("/usr/sbin/nginx"), "/usr/sbin/nginx")
        image.copy(tree / "deploy/console/nginx.conf.in", "/usr/share/phasezero/console/nginx.conf.in")
        image.copy_tree(tree / "product-frontend-web/dist", "/usr/share/phasezero/console/dist")
        (image.root / "usr/share/phasezero/console/dist/config.json").unlink(missing_ok=True)  # the environment's
        return image
    image.add_program(programs / service, f"/usr/bin/{service}")
    image.add_certificates()
    if service == "phasezero":
        for part in ("roles.sql", "database.sql", "first_staff.sql", "prove.allow"):
            image.copy(tree / "database" / part, f"/usr/share/phasezero/database/{part}")
        image.copy_tree(tree / "database/migrations", "/usr/share/phasezero/database/migrations")
    else:
        image.copy_tree(build / "share/docs", "/usr/share/docs")
    return image
