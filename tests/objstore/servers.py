# SPDX-License-Identifier: Apache-2.0
"""Object-storage servers on free ports of the loopback, where they are installed: Ceph's gateway
(radosgw, ceph-mon, ceph-osd), OpenStack Swift with its S3 API, Azurite (npm)."""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import time
import uuid

ACCESS_KEY, SECRET_KEY = "testaccesskey0000001", "testsecretkey000000000000000000000000001"
AZURE_ACCOUNT = "devstoreaccount1"  # the emulator's, with its well-known key
AZURE_KEY = ("Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/"
             "KBHBeksoGMGw==")


def free_ports(count):
    """Ports that nothing listens on, all different."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


class Processes:
    """Daemons of one server, ended in the reverse order of their start."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.environment = dict(os.environ)
        self.started = []

    def run(self, *command):
        return subprocess.run([str(part) for part in command], env=self.environment, check=True,
                              capture_output=True, text=True, timeout=60).stdout

    def start(self, name, *command):
        with open(self.folder / f"{name}.log", "wb") as log:
            self.started.append(subprocess.Popen(
                [str(part) for part in command], env=self.environment, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True))

    def wait_for(self, port, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    return
            if any(process.poll() is not None for process in self.started):
                break
            time.sleep(0.05)
        logs = "".join(path.read_text(errors="replace")[-500:] for path in self.folder.glob("*.log"))
        raise RuntimeError(f"nothing listens on {port}: {logs}")

    def stop(self):
        for process in reversed(self.started):
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def has_ceph():
    return all(shutil.which(name) for name in ("radosgw", "ceph-mon", "ceph-osd", "radosgw-admin"))


def start_ceph(processes, port):
    """One monitor, one store in memory, one gateway."""
    folder, monitor, store = processes.folder, *free_ports(2)
    for name in ("mon", "osd", "run"):
        (folder / name).mkdir()
    libraries = next(pathlib.Path("/usr/lib").glob("*/rados-classes")).parent
    fsid, osd = uuid.uuid4(), uuid.uuid4()
    (folder / "ceph.conf").write_text(f"""[global]
fsid = {fsid}
mon_host = v2:127.0.0.1:{monitor}
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
ms_bind_port_min = {store}
ms_bind_port_max = {store + 50}
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
ms_mon_client_mode = crc
run_dir = {folder}/run
admin_socket = {folder}/run/$name.asok
log_file = {folder}/$name.log
crash_dir = {folder}/run
erasure_code_dir = {libraries}/ceph/erasure-code
plugin_dir = {libraries}/ceph
osd_class_dir = {libraries}/rados-classes
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
[mon]
mon_data = {folder}/mon
mon_allow_pool_size_one = true
mon_data_avail_crit = 1
paxos_propose_interval = 0.01
paxos_min_wait = 0.005
[osd]
osd_data = {folder}/osd
osd_objectstore = memstore
memstore_device_bytes = 2147483648
osd_memory_target = 939524096
[client]
rgw_rados_pool_pg_num_min = 1
rgw_rados_pool_autoscale_bias = 1
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:{port} tcp_nodelay=1
rgw_dns_name = s3.localhost
rgw_thread_pool_size = 64
rgw_run_sync_thread = false
""")
    processes.environment["CEPH_CONF"] = str(folder / "ceph.conf")
    processes.run("monmaptool", "--create", "--fsid", fsid, "--addv", "a",
                  f"[v2:127.0.0.1:{monitor}]", folder / "monmap")
    processes.run("ceph-mon", "--mkfs", "-i", "a", "--monmap", folder / "monmap")
    processes.start("mon", "ceph-mon", "-f", "-i", "a")
    processes.wait_for(monitor)
    processes.run("ceph", "--connect-timeout", "20", "osd", "new", osd, "0")
    processes.run("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd)
    processes.start("osd", "ceph-osd", "-f", "-i", "0")
    processes.run("radosgw-admin", "user", "create", "--uid=test", "--display-name=test",
                  f"--access-key={ACCESS_KEY}", f"--secret-key={SECRET_KEY}")
    processes.start("rgw", "radosgw", "-f", "-n", "client.rgw")
    processes.wait_for(port)


def has_swift():
    return pathlib.Path("/usr/bin/swift-proxy-server").exists()


def start_swift(processes, port):
    """All four servers with one device; the file system must have extended attributes."""
    folder = processes.folder
    (folder / "srv/d1").mkdir(parents=True)
    (folder / "swift.conf").write_text(
        "[swift-hash]\nswift_hash_path_suffix = x\n[storage-policy:0]\nname = one\ndefault = yes\n")
    user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
    ports = free_ports(3)
    for name, its_port in zip(("object", "container", "account"), ports):
        builder = folder / f"{name}.builder"
        processes.run("swift-ring-builder", builder, "create", "6", "1", "0")
        processes.run("swift-ring-builder", builder, "add", f"r1z1-127.0.0.1:{its_port}/d1", "1")
        processes.run("swift-ring-builder", builder, "rebalance")
        (folder / f"{name}-server.conf").write_text(f"""[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {its_port}
user = {user}
workers = 0
swift_dir = {folder}
devices = {folder}/srv
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
[pipeline:main]
pipeline = {name}-server
[app:{name}-server]
use = egg:swift#{name}
recon_cache_path = {folder}
""")
    filters = {
        "tempauth": f"user_test_tester = {SECRET_KEY} .admin",
        "s3api": "s3_acl = false\nlocation = us-east-1\nstorage_domain = s3.localhost\n"
                 "check_bucket_owner = false",
        "cache": "use = egg:swift#memcache\nmemcache_servers = 127.0.0.1:1",
        "slo": "", "dlo": "", "versioned_writes": "allow_versioned_writes = true", "copy": "",
        "listing_formats": "", "catch_errors": "", "proxy-logging": "use = egg:swift#proxy_logging"}
    text = f"""[DEFAULT]
bind_ip = 127.0.0.1
bind_port = {port}
user = {user}
workers = 0
swift_dir = {folder}
[pipeline:main]
pipeline = catch_errors proxy-logging cache listing_formats s3api tempauth copy slo dlo """ \
        "versioned_writes proxy-logging proxy-server\n" \
        "[app:proxy-server]\nuse = egg:swift#proxy\naccount_autocreate = true\n"
    for name, settings in filters.items():
        use = "" if settings.startswith("use ") else f"use = egg:swift#{name}\n"
        text += f"[filter:{name}]\n{use}{settings}\n"
    (folder / "proxy-server.conf").write_text(text)
    # swift.conf is looked for in /etc/swift unless the folder is set before policies are read.
    run = ("import sys, swift.common.utils as u; u.set_swift_dir(sys.argv[1]); "
           "import swift.common.storage_policy as p; p.reload_storage_policies(); "
           "import swift.common.wsgi as w; sys.exit(w.run_wsgi(sys.argv[2], sys.argv[3]))")
    for name in ("object", "container", "account", "proxy"):
        processes.start(name, "/usr/bin/python3", "-c", run, folder,
                        folder / f"{name}-server.conf", f"{name}-server")
    for its_port in (*ports, port):
        processes.wait_for(its_port)


def azurite_main():
    """Where npm has put Azurite: AZURITE names the folder of `npm install azurite`."""
    for folder in (os.environ.get("AZURITE", ""), "/usr/lib/node_modules/..",
                   "/usr/local/lib/node_modules/.."):
        main = pathlib.Path(folder or "/nonexistent") / "node_modules/azurite/dist/src/blob/main.js"
        if main.exists() and shutil.which("node"):
            return main
    return None


def start_azurite(processes, port):
    processes.start("azurite", "node", azurite_main(), "--blobHost", "127.0.0.1", "--blobPort", port,
                    "-l", processes.folder / "data", "--skipApiVersionCheck", "--disableTelemetry",
                    "--silent")
    processes.wait_for(port)
