// Paths are those of other projects' tests and documents, named beside each; ids are as they stand there.

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCgroups } from "./cgroup.ts";
import { cgroupOwner } from "./cgroup_owner.ts";

const TRACEE_ID = "1234567890abcdef".repeat(4);

/** What owns a path in few words. */
function ownerText(path: string): string {
  const owner = cgroupOwner(path);
  switch (owner.kind) {
    case "container":
      return `${owner.runtime ?? "?"} ${owner.id.slice(0, 12)} ${owner.podUid ?? "-"}`;
    case "machine":
      return `machine ${owner.name}`;
    case "unit":
      return `unit ${owner.unit} ${owner.userUnit ?? "-"}`;
    case "unknown":
      return "unknown";
  }
}

const OWNERS: readonly (readonly [source: string, path: string, owner: string])[] = [
  // neuvector/neuvector, share/system/cgroup_test.go
  [
    "docker by cgroupfs",
    "/docker/31cb02944da7a12196a193cf0e0f6c226d7c453a1db62e65ba98287593a2ee30",
    "docker 31cb02944da7 -",
  ],
  [
    "docker by systemd",
    "/system.slice/docker-9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d.scope",
    "docker 9ec39b91f3d7 -",
  ],
  [
    "docker in docker",
    "/docker/a9a5ad238e59234193ee7ec3fcff5e735b3708ea1068826952255b69e3cfa413/docker/" +
    "ec08435e04266c5ba381fccbb829f626d11d8ddf5f8f547263c7a2d79ab4787a",
    "docker ec08435e0426 -",
  ],
  ["an id alone", "/4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970", "unknown"],
  [
    "a pod by cgroupfs",
    "/kubepods/besteffort/pod74ba62da-1a3d-11e7-bb11-080027cb0e22/" +
    "cb1eadb7abe3a6545e9856411207073277838e1bdc003337c2f8685faeedc32c",
    "? cb1eadb7abe3 74ba62da-1a3d-11e7-bb11-080027cb0e22",
  ],
  [
    "a cgroup of the container's own",
    "/kubepods/besteffort/podf8a694f2-7c08-11e9-98da-000c29077430/" +
    "c04e0a88a1de067f25bece337d4dbb897396e0b623c2a65330850fc9823f1903/kube-proxy",
    "? c04e0a88a1de f8a694f2-7c08-11e9-98da-000c29077430",
  ],
  [
    "containerd by systemd",
    "/kubepods.slice/kubepods-besteffort.slice/" +
    "kubepods-besteffort-poddd1bf9d1_241d_47f5_8e25_12de83135812.slice/" +
    "cri-containerd-f45298cd514d1930c4fe3afc4412e59547f7e3148fddd22ca33cefce046eb830.scope",
    "containerd f45298cd514d dd1bf9d1-241d-47f5-8e25-12de83135812",
  ],
  ["a session of upstart", "/user/1000.user/c2.session", "unknown"],

  // aquasecurity/tracee, tests of parseContainerIdFromCgroupPath()
  [
    "docker in a pod",
    `/kubepods/besteffort/pod123/docker-${TRACEE_ID}.scope/system.slice`,
    "docker 1234567890ab -",
  ],
  ["cri-o", `/kubepods/besteffort/pod123/crio-${TRACEE_ID}.scope`, "crio 1234567890ab -"],
  [
    "the monitor of cri-o",
    "/kubepods.slice/kubepods-besteffort.slice/" +
    "kubepods-besteffort-podb13213a6_d47e_4bd1_bc00_f175d1ad3b6e.slice/" +
    "crio-conmon-eb5a56051cf7c5e9e588d0dca94d6673d67d43604686e1485984732b18701057.scope",
    "unit crio-conmon-eb5a56051cf7c5e9e588d0dca94d6673d67d43604686e1485984732b18701057.scope -",
  ],
  [
    "containerd with colons",
    `/kubepods/besteffort/pod123/some:cri-containerd:${TRACEE_ID}`,
    "containerd 1234567890ab -",
  ],
  [
    "the monitor of podman",
    "/machine.slice/libpod-conmon-64de256b4158dbfd331e27f93bf807f141883be795fd1b2ae7f40294f32c5bfd.scope",
    "unit libpod-conmon-64de256b4158dbfd331e27f93bf807f141883be795fd1b2ae7f40294f32c5bfd.scope -",
  ],
  ["a slice alone", "/user.slice/user-1000.slice", "unknown"],

  // openshift/machine-config-operator, `podman inspect`; opencontainers/cgroups, fs2 of a rootless container
  [
    "podman",
    "/machine.slice/libpod-55ea3863351726184e26ca7418f577d04c96dac0009e1f088f6c0c7a1dc2ed7c.scope/container",
    "podman 55ea38633517 -",
  ],
  [
    "podman without root",
    "/user.slice/user-1001.slice/user@1001.service/user.slice/" +
    "libpod-132ff0d72245e6f13a3bbc6cdc5376886897b60ac59eaa8dea1df7ab959cbf1c.scope",
    "podman 132ff0d72245 -",
  ],
  // nerdctl with the driver of systemd
  ["nerdctl", `/system.slice/nerdctl-${TRACEE_ID}.scope`, "containerd 1234567890ab -"],

  // lxc/lxc pull request 3353, draios/sysdig pull request 1345; canonical/imagecraft
  ["LXC 4", "/lxc.payload.snapcraft_some-container/init.scope", "lxc snapcraft_so -"],
  ["LXC 3.1", "/lxc.payload/web", "lxc web -"],
  ["LXC 3", "/lxc/web/system.slice/cron.service", "lxc web -"],
  ["the monitor of LXC", "/lxc.monitor.web", "unknown"],
  ["a path with lxc in it", "/system.slice/lxc.service", "unit lxc.service -"],

  // systemd: test/units/TEST-13-NSPAWN.unpriv.sh; `systemctl status systemd-nspawn@jammy` of Ubuntu 22.04
  [
    "nspawn",
    "/machine.slice/systemd-nspawn@jammy.service/payload/system.slice/cron.service",
    "machine jammy",
  ],
  [
    "nspawn of a user",
    "/user.slice/user-4711.slice/user@4711.service/machine.slice/systemd-nspawn@zurps.service/payload",
    "machine zurps",
  ],
  [
    "nspawn itself",
    "/machine.slice/systemd-nspawn@jammy.service/supervisor",
    "unit systemd-nspawn@jammy.service -",
  ],
  // libvirt, as the linux-kernel list quotes it
  ["a virtual machine", "/machine.slice/machine-qemu\\x2d1\\x2dwin11.scope/libvirt", "machine qemu-1-win11"],

  // systemd.slice(5), systemd.special(7), user@.service(5)
  ["a service", "/system.slice/systemd-logind.service", "unit systemd-logind.service -"],
  [
    "a service in a slice of its own",
    "/system.slice/system-getty.slice/getty@tty1.service",
    "unit getty@tty1.service -",
  ],
  ["a session", "/user.slice/user-1000.slice/session-3.scope", "unit session-3.scope -"],
  [
    "a service of a user",
    "/user.slice/user-1000.slice/user@1000.service/app.slice/dbus.service",
    "unit user@1000.service dbus.service",
  ],
  ["the first process", "/init.scope", "unit init.scope -"],
  ["the root", "/", "unknown"],
  ["outside of the namespace", `/../system.slice/docker-${TRACEE_ID}.scope`, "docker 1234567890ab -"],

  // What only looks like one of them.
  ["a group that is called like a service", "/cron.service", "unknown"],
  ["a short id", "/system.slice/docker-abc123.scope", "unit docker-abc123.scope -"],
  ["a line end in a name", "/system.slice/a\u2028b.service", "unknown"],
];

for (const [name, path, owner] of OWNERS) {
  test(`cgroupOwner() knows ${name}`, () => assert.equal(ownerText(path), owner));
}

test("parseCgroups() tells the layouts apart, and takes the path that names the process", () => {
  const rows: readonly (readonly [text: string, layout: string, path: string])[] = [
    ["0::/system.slice/cron.service\n", "v2", "/system.slice/cron.service"],
    ["0::/\n", "v2", "/"],
    // man cgroups(7): a v1 line has controllers, a named hierarchy name=
    ["2:cpu,cpuacct:/\n1:name=systemd:/system.slice/cron.service\n", "v1", "/system.slice/cron.service"],
    [
      "2:pids:/\n1:name=systemd:/user.slice/user-1000.slice/session-3.scope\n" +
      "0::/user.slice/user-1000.slice/session-3.scope\n",
      "hybrid",
      "/user.slice/user-1000.slice/session-3.scope",
    ],
    // docker by cgroupfs beside systemd: v2 has the daemon's own cgroup only
    [
      `3:memory:/docker/${TRACEE_ID}\n1:name=systemd:/docker/${TRACEE_ID}\n0::/system.slice/docker.service\n`,
      "hybrid",
      `/docker/${TRACEE_ID}`,
    ],
    [`3:memory:/docker/${TRACEE_ID}\n0::/system.slice/docker.service\n`, "hybrid", `/docker/${TRACEE_ID}`],
  ];
  for (const [text, layout, path] of rows) {
    const cgroups = parseCgroups(text);
    assert.deepEqual([cgroups?.layout, cgroups?.path], [layout, path], text);
  }
});

test("parseCgroups() reads each place", () => {
  const cgroups = parseCgroups("4:cpu,cpuacct:/a:b\n1:name=systemd:/\n0::/gone (deleted)\n");
  assert.deepEqual(cgroups?.places, [
    { hierarchy: 4, controllers: ["cpu", "cpuacct"], name: undefined, path: "/a:b", deleted: false },
    { hierarchy: 1, controllers: [], name: "systemd", path: "/", deleted: false },
    { hierarchy: 0, controllers: [], name: undefined, path: "/gone", deleted: true },
  ]);
});

test("parseCgroups() does not take anything else", () => {
  for (const text of ["", "\n", "0::", "x::/\n", "0::/a\n\n", "0::/a\nb\n"]) {
    assert.equal(parseCgroups(text), undefined, JSON.stringify(text));
  }
});
