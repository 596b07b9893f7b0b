"""An OCI image (image-spec 1.0) as a tar file, from a root file system: one layer, no engine needed to make it.

The same files give the same bytes, and so the same digest, wherever and whenever it is made. `skopeo copy oci-archive:…`,
`podman load` and `docker load` take it.
"""

import gzip
import hashlib
import io
import json
import pathlib
import tarfile

# Cloud Run's own, unless the platform says another.
PORT = "8080"


def layer_of(root: pathlib.Path) -> bytes:
    """The tar of a root file system: sorted, without times, owned by root, so that the account it runs as can change nothing."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(root.rglob("*")):
            entry = tar.gettarinfo(path, arcname=str(path.relative_to(root)))
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = 0
            if entry.islnk():  # a second name of a file that was seen before: stored as a file of its own
                entry.type, entry.linkname, entry.size = tarfile.REGTYPE, "", path.stat().st_size
            if entry.isreg():
                with path.open("rb") as content:
                    tar.addfile(entry, content)
            else:
                tar.addfile(entry)
    return buffer.getvalue()


def write_image(root: pathlib.Path, archive: pathlib.Path, *, command: str, account: int, version: str, revision: str) -> str:
    """Writes the archive and returns the manifest's digest, which names the image for good."""
    blobs: dict[str, bytes] = {}

    def add(content: bytes, media_type: str) -> dict[str, object]:
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": f"application/vnd.oci.image.{media_type}", "digest": f"sha256:{digest}", "size": len(content)}

    layer = layer_of(root)
    labels = {
        "org.opencontainers.image.title": command,
        "org.opencontainers.image.version": version,
        "org.opencontainers.image.revision": revision,
    }
    configuration = {
        "created": "1970-01-01T00:00:00Z",
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": f"{account}:{account}",
            "Env": [f"PORT={PORT}"] if command != "phasezero" else [],
            "Entrypoint": [f"/usr/bin/{command}"],
            "WorkingDir": "/tmp",
            "Labels": labels,
            "StopSignal": "SIGTERM",
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": add(as_json(configuration), "config.v1+json"),
        "layers": [add(gzip.compress(layer, compresslevel=6, mtime=0), "layer.v1.tar+gzip")],
        "annotations": labels,
    }
    described = add(as_json(manifest), "manifest.v1+json")
    described["annotations"] = {"org.opencontainers.image.ref.name": version}
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [described]}

    files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}', "index.json": as_json(index)}
    files.update({f"blobs/sha256/{digest}": content for digest, content in blobs.items()})
    with tarfile.open(archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return str(described["digest"])


def as_json(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
