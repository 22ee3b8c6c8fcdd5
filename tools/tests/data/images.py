# SPDX-License-Identifier: GPL-2.0-only
# images.py DIRECTORY: images that others may send, each with what "bulkhead image --by path"
# has to make of it. Prints lines of three fields that tabs part: the image's name, the exit
# status, and what is allowed to execute, or what is said.
import bz2, gzip, hashlib, io, json, lzma, os, subprocess, sys, tarfile

ELF = b"\x7fELF" + bytes(100)


def entry(name, data=None, type=tarfile.REGTYPE, link="", mode=0o755):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = type, link, mode
    info.size = len(data) if data else 0
    info.devmajor, info.devminor = 1, 3
    return info, data


def program(name, mode=0o755):
    return entry(name, ELF, mode=mode)


def directory(name):
    return entry(name, type=tarfile.DIRTYPE)


def symlink(name, to):
    return entry(name, type=tarfile.SYMTYPE, link=to)


def link(name, to):
    return entry(name, type=tarfile.LNKTYPE, link=to)


def layer(*entries, format=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data) if data else None)
    return out.getvalue()


def sha(data):
    return hashlib.sha256(data).hexdigest()


class Oci:
    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(self, data, **more):
        self.files["blobs/sha256/" + sha(data)] = data
        return dict(digest="sha256:" + sha(data), size=len(data), **more)

    def json(self, value, **more):
        return self.blob(json.dumps(value).encode(), **more)

    def manifest(self, layers, os="linux", arch="amd64", **more):
        config = self.json({"os": os, "architecture": arch})
        return self.json({"config": config, "layers": [self.blob(data) for data in layers]}, **more)

    def index(self, *manifests):
        self.files["index.json"] = json.dumps({"manifests": manifests}).encode()
        return self


def archive(files):
    return layer(*(entry(name, data, mode=0o644) for name, data in files.items()))


def oci(*layers):
    image = Oci()
    return archive(image.index(image.manifest(layers)).files)


def docker(*layers, ids=None, **more):
    names = ["%d/layer.tar" % i for i in range(len(layers))]
    config = {"os": "linux", "architecture": "amd64",
              "rootfs": {"diff_ids": ["sha256:" + i for i in ids or map(sha, layers)]}}
    files = {"config.json": json.dumps(config).encode(), **dict(zip(names, layers)),
             "manifest.json": json.dumps([dict(Config="config.json", Layers=names, **more)]).encode()}
    return archive(files)


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c"], input=data, stdout=subprocess.PIPE, check=True).stdout


def platform(os, arch, variant=None):
    return {"platform": {"os": os, "architecture": arch, **({"variant": variant} if variant else {})}}


def several():
    image = Oci()
    manifests = [image.manifest([layer(program("bin/" + arch + (variant or "")))], arch=arch,
                                **platform("linux", arch, variant))
                 for arch, variant in (("amd64", None), ("arm64", "v8"), ("arm", "v6"), ("arm", "v7"),
                                       ("s390x", None))]
    manifests.append(image.manifest([layer(program("bin/attested"))], **platform("unknown", "unknown"),
                                    annotations={"vnd.docker.reference.type": "attestation-manifest"}))
    return image, manifests


def tagged():
    image = Oci()
    return archive(image.index(*(image.manifest(
        [layer(program("bin/" + tag))], annotations={"org.opencontainers.image.ref.name": tag})
        for tag in ("one", "two"))).files)


def deep():
    image = Oci()
    down = image.manifest([layer(program("a"))])
    for _ in range(6):
        down = image.json({"manifests": [down]})
    return archive(image.index(down).files)


def upper_digest():
    image = Oci()
    manifest = image.manifest([layer(program("a"))])
    manifest["digest"] = "sha256:" + manifest["digest"][7:].upper()
    return archive(image.index(manifest).files)


def sparse():
    data = ELF + bytes(1 << 20) + b"end"
    with open("sparse", "wb") as f:
        f.write(ELF)
        f.seek(len(ELF) + (1 << 20))
        f.write(b"end")
    os.chmod("sparse", 0o755)
    tar = subprocess.run(["tar", "-Scf", "-", "sparse"], stdout=subprocess.PIPE, check=True).stdout
    os.unlink("sparse")
    return tar, sha(data)


good = layer(program("bin/a"), program("bin/b"))
two = good, layer(entry("bin/.wh.a"), program("bin/c"))
image, manifests = several()
nested = archive(image.index(image.json({"manifests": manifests})).files)
multi = archive(image.index(*manifests).files)
hole, hole_sha = sparse()
bomb = [symlink("l0", "x")] + [symlink("l%d" % (i + 1), "l%d/l%d" % (i, i)) for i in range(60)]

# name, archive, exit status, what is allowed to execute or what is said[, options]
table = [
    ("plain", oci(good), 0, "/bin/a /bin/b"),
    ("gzip", oci(gzip.compress(good)), 0, "/bin/a /bin/b"),
    ("zstd", oci(zstd(good)), 0, "/bin/a /bin/b"),
    ("zstd-frames", oci(zstd(good) + b"\x50\x2a\x4d\x18" + bytes([4, 0, 0, 0]) + b"more"), 0, "/bin/a /bin/b"),
    ("bzip2", oci(bz2.compress(good)), 0, "/bin/a /bin/b"),
    ("xz", oci(lzma.compress(good)), 0, "/bin/a /bin/b"),
    ("whole-gzip", gzip.compress(oci(good)), 0, "/bin/a /bin/b"),
    ("docker", docker(*two), 0, "/bin/b /bin/c"),
    ("docker-gzip", docker(gzip.compress(good), ids=[sha(good)]), 0, "/bin/a /bin/b"),
    ("docker-wrong", docker(gzip.compress(good), ids=[sha(b"")]), 2, "has the digest"),
    ("docker-no-ids", docker(good, ids=["none"]), 2, "names no digest"),
    ("gnu", oci(layer(program("x" * 200 + "/\u0151"), format=tarfile.GNU_FORMAT)), 0, "/" + "x" * 200 + "/\u0151"),
    ("pax", oci(layer(program("x" * 200 + "/\u0151"))), 0, "/" + "x" * 200 + "/\u0151"),
    ("empty-layer", oci(b"", layer(), good), 0, "/bin/a /bin/b"),
    ("sparse", oci(hole), 0, hole_sha, "--by", "digest"),

    ("whiteout", oci(*two), 0, "/bin/b /bin/c"),
    ("whiteout-directory", oci(layer(program("d/e/a"), program("x")), layer(entry(".wh.d"))), 0, "/x"),
    ("whiteout-again", oci(good, layer(entry("bin/.wh.a"), program("bin/a"))), 0, "/bin/a /bin/b"),
    ("whiteout-same-layer", oci(layer(program("bin/a"), entry("bin/.wh.a"))), 0, "/bin/a"),
    ("whiteout-of-nothing", oci(good, layer(entry("bin/.wh.z"), entry(".wh..wh.plnk"))), 0, "/bin/a /bin/b"),
    ("opaque", oci(good, layer(directory("bin"), program("bin/n"), entry("bin/.wh..wh..opq"))), 0, "/bin/n"),
    ("opaque-root", oci(good, layer(entry(".wh..wh..opq"), program("n"))), 0, "/n"),
    ("file-for-directory", oci(layer(program("d/a")), layer(program("d"))), 0, "/d"),
    ("link-for-directory", oci(layer(program("d/a"), program("e/b")), layer(symlink("d", "e"))), 0, "/e/b"),
    ("through-link", oci(layer(directory("usr/bin"), symlink("bin", "usr/bin")), layer(program("bin/a"))),
     0, "/usr/bin/a"),
    ("through-absolute-link", oci(layer(symlink("bin", "/usr/bin")), layer(program("bin/a"))), 0, "/usr/bin/a"),

    ("hard-link", oci(layer(program("a"), link("b", "a"), link("c", "/a"), link("d", "./a"))), 0, "/a /b /c /d"),
    ("hard-link-below", oci(layer(program("a")), layer(link("b", "a"), entry(".wh.a"))), 0, "/b"),
    ("hard-link-to-link", oci(layer(directory("usr"), symlink("l", "usr"), link("m", "l")),
                              layer(program("m/a"))), 0, "/usr/a"),
    ("hard-link-out", oci(layer(link("b", "../../etc/passwd"))), 2, 'b: a name with ".."'),
    ("hard-link-nowhere", oci(layer(link("b", "etc/passwd"))), 2, "b: a hard link to what is not there"),
    ("hard-link-to-itself", oci(layer(link("b", "b"))), 2, "a hard link to what is not there"),
    ("link-out", oci(layer(symlink("d", "../../../tmp")), layer(program("d/a"))), 2,
     "d/a: a link leads out of the tree"),
    ("link-out-unused", oci(layer(symlink("d", "../../../tmp"), program("a"))), 0, "/a"),
    ("links-in-a-ring", oci(layer(symlink("a", "b"), symlink("b", "a"), program("a/x"))), 2, "too many links"),
    ("links-that-double", oci(layer(*bomb, program("l60/x"))), 2, "too many links"),
    ("up", oci(layer(program("../a"))), 2, '../a: a name with ".."'),
    ("up-inside", oci(layer(program("bin/../../a"))), 2, 'a name with ".."'),
    ("absolute", oci(layer(program("/a"))), 2, "/a: an absolute name"),
    ("long", oci(layer(program("d/" * 100000 + "a"))), 2, "too long a name"),
    ("devices", oci(layer(entry("null", type=tarfile.CHRTYPE), entry("sda", type=tarfile.BLKTYPE),
                          entry("pipe", type=tarfile.FIFOTYPE), program("a"))), 0, "/a"),

    ("no-tar", oci(b"no tar at all" * 100), 2, "not a layer"),
    ("cut-gzip", oci(gzip.compress(good)[:-9]), 2, "not a layer"),
    ("cut-zstd", oci(zstd(good)[:-9]), 2, "not a layer"),
    ("cut-tar", oci(good[:600]), 2, "Truncated"),
    ("no-program", oci(layer(entry("a", b"text"))), 1, "no program"),
    ("no-layers", oci(), 1, "no program"),

    ("host", multi, 0, "/bin/amd64"),
    ("arm64", multi, 0, "/bin/arm64v8", "--platform", "linux/arm64"),
    ("variant", multi, 0, "/bin/armv7", "--platform", "linux/arm/v7"),
    ("no-variant", multi, 2, "has several images", "--platform", "linux/arm"),
    ("nested", nested, 0, "/bin/s390x", "--platform", "linux/s390x"),
    ("other", multi, 2, "has nothing for linux/riscv64; --platform may be: linux/amd64, linux/arm64/v8",
     "--platform", "linux/riscv64"),
    ("not-this", oci(good), 2, "is for linux/amd64, not for linux/arm64", "--platform", "linux/arm64"),
    ("docker-not-this", docker(good), 2, "is for linux/amd64", "--platform", "linux/arm64"),
    ("platform", multi, 2, "OS/ARCHITECTURE", "--platform", "arm64"),
    ("several", tagged(), 2, "has several images, of which one is wanted: one, two"),
    ("deep", deep(), 2, "indexes within indexes"),
    ("upper-case", upper_digest(), 2, "sha256, in lower case"),
    ("nothing", archive({"x": b"y"}), 2, "neither an OCI archive nor one of docker"),
    ("no-json", archive({"index.json": b"{"}), 2, "index.json is not JSON"),
    ("no-blob", archive({"index.json": json.dumps({"manifests": [{"digest": "sha256:" + 64 * "0"}]}).encode()}),
     2, "has no blobs/sha256/0000"),
    ("no-index", archive({"index.json": b"[]"}), 2, "a manifest without layers"),
]

os.chdir(sys.argv[1])
for name, data, status, words, *options in table:
    with open(name + ".tar", "wb") as f:
        f.write(data)
    print(name, status, words, " ".join(options), sep="\t")
