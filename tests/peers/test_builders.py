"""Images made here, in the hands of other people's programs."""

import json
import shutil
import subprocess

from acrlab.agents.images import sha256
from tests.agents.workshop import Workshop
from tests.peers.lanes import need


def test_skopeo_takes_an_image_made_here(tmp_path, cloud):
    """It checks every digest on the way into a registry, and every layer's diff id on the way into another format."""
    program = need("skopeo").path
    registry = cloud.registry("builders")
    shop = Workshop(tmp_path, "none").place({"a": "a\n", "b/c": "c\n"})
    shop.build('FROM scratch\nCOPY a /\nCOPY b /b/\nLABEL x=y\nCMD ["/a"]\n')
    folder = tmp_path / "image"
    folder.mkdir()
    (folder / "version").write_text("Directory Transport Version: 1.1\n")
    manifest = shop.images.manifest(shop.image)
    (folder / "manifest.json").write_bytes(manifest)
    for blob in shop.images.blobs.iterdir():
        shutil.copy(blob, folder / blob.name)
    place, login = f"docker://{cloud.door}/{registry.name}/app:1", ["--creds", registry.credentials]
    shop.agent.close()

    def skopeo(*words):
        return subprocess.run([program, "--insecure-policy", *words], check=True, capture_output=True).stdout

    skopeo("copy", "--dest-tls-verify=false", "--dest-creds", registry.credentials, f"dir:{folder}", place)
    found = json.loads(skopeo("inspect", "--tls-verify=false", *login, place))
    assert (found["Digest"], found["Labels"], found["Os"]) == (sha256(manifest), {"x": "y"}, "linux")
    out = f"oci:{tmp_path}/oci:app"
    skopeo("copy", "--format=oci", "--src-tls-verify=false", "--src-creds", registry.credentials, place, out)
    assert json.loads(skopeo("inspect", out))["Layers"] == [each["digest"] for each in json.loads(manifest)["layers"]]
