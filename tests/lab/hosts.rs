//! Hosts in network namespaces, and the switches and cables between them.

use std::process::Command;

/// Namespaces and cables, taken down when dropped.
pub(crate) struct Lab {
    id: String,
    hosts: Vec<String>,
}

/// Runs a line of a shell, which must not fail.
pub(crate) fn run(line: &str) {
    let done = Command::new("sh").args(["-c", line]).output().expect("a shell");
    assert!(done.status.success(), "{line}: {}", String::from_utf8_lossy(&done.stderr));
}

impl Lab {
    /// None yet. The name keeps two labs on one machine apart.
    pub(crate) fn new(id: &str) -> Lab {
        Lab { id: format!("{id}{}", std::process::id() % 10_000), hosts: Vec::new() }
    }

    /// A host with nothing but its loopback.
    pub(crate) fn host(&mut self, name: &str) -> String {
        let host = self.called(name);
        run(&format!("ip netns add {host} && ip -n {host} link set lo up"));
        self.hosts.push(host.clone());
        host
    }

    /// What a host of that name is called on the machine.
    pub(crate) fn called(&self, name: &str) -> String {
        format!("eph-{}-{name}", self.id)
    }

    /// A switch, which is a bridge in a namespace of its own.
    pub(crate) fn switch(&mut self) -> String {
        let switch = self.host("switch");
        run(&format!("ip -n {switch} link add br0 type bridge && ip -n {switch} link set br0 up"));
        switch
    }

    /// A cable from a host to a switch.
    pub(crate) fn plug(&self, host: &str, switch: &str, port: usize, address: &str) {
        let end = format!("p{port}");
        run(&format!(
            "ip -n {host} link add eth0 type veth peer name {end} netns {switch} && \
             ip -n {switch} link set {end} master br0 up && \
             ip -n {host} addr add {address} dev eth0 && ip -n {host} link set eth0 up && \
             ip -n {host} route add 224.0.0.0/4 dev eth0"
        ));
    }

    /// A cable between two hosts.
    pub(crate) fn cable(&self, a: (&str, &str, &str), b: (&str, &str, &str)) {
        run(&format!(
            "ip -n {0} link add {1} type veth peer name {4} netns {3} && \
             ip -n {0} addr add {2} dev {1} && ip -n {3} addr add {5} dev {4} && \
             ip -n {0} link set {1} up && ip -n {3} link set {4} up",
            a.0, a.1, a.2, b.0, b.1, b.2
        ));
    }

    /// So many hosts at a switch of their own. `wire` tells switches of one lab apart, `from` is the first address.
    #[allow(dead_code, reason = "a word of the lab; the benchmarks share this file")]
    pub(crate) fn segment(&mut self, wire: &str, from: usize, hosts: usize) -> (String, Vec<String>) {
        let switch = self.host(wire);
        run(&format!("ip -n {switch} link add br0 type bridge && ip -n {switch} link set br0 up"));
        let plugged = (from..from + hosts).map(|n| {
            let host = self.host(&format!("h{n}"));
            self.plug(&host, &switch, n, &format!("10.7.0.{n}/24"));
            host
        });
        let hosts = plugged.collect();
        (switch, hosts)
    }

    /// Two switches with so many hosts each, and one cable between them, `trunk` at both.
    #[allow(dead_code, reason = "a word of the lab; the benchmarks share this file")]
    pub(crate) fn halves(&mut self, hosts: usize) -> (String, Vec<String>) {
        let (left, mut all) = self.segment("left", 1, hosts);
        let (right, others) = self.segment("right", 1 + hosts, hosts);
        all.extend(others);
        run(&format!(
            "ip -n {left} link add trunk type veth peer name trunk netns {right} && \
             ip -n {left} link set trunk master br0 up && ip -n {right} link set trunk master br0 up"
        ));
        (left, all)
    }

    /// Two hosts and a switch, with no way to anywhere else.
    pub(crate) fn lan(id: &str) -> (Lab, String, String) {
        let mut lab = Lab::new(id);
        let switch = lab.switch();
        let (a, b) = (lab.host("a"), lab.host("b"));
        lab.plug(&a, &switch, 1, "10.7.0.1/24");
        lab.plug(&b, &switch, 2, "10.7.0.2/24");
        (lab, a, b)
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for host in &self.hosts {
            let _ = Command::new("ip").args(["netns", "del", host]).status();
        }
    }
}
