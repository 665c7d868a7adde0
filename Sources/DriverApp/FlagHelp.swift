/// A flag of a subcommand and what it is for; a flag that is not in such a list is not known.
struct FlagHelp: Sendable {
    let name: String
    /// What stands behind it, such as "SECONDS".
    let value: String
    let purpose: String

    init(_ name: String, _ value: String, _ purpose: String) {
        self.name = name
        self.value = value
        self.purpose = purpose
    }

    /// Of `loopcsi serve`.
    static let serve = [
        FlagHelp("endpoint", "unix:///PATH", "the socket; unix:///run/loopcsi/csi.sock by default"),
        FlagHelp(
            "controller-endpoint", "unix:///PATH", "one more socket, without the Node service, for sidecars"),
        FlagHelp("node-id", "NAME", "what NodeGetInfo tells; the host's name by default"),
        FlagHelp(
            "pool", "NAME=/FOLDER[,SETTINGS]", "a pool; may be repeated; default=/var/lib/loopcsi by default"),
        FlagHelp("driver-name", "NAME", "plugin name and prefix of topology keys; loop.csi.local by default"),
        FlagHelp("kubelet-root", "/FOLDER", "staging and target paths must lie below it"),
        FlagHelp("role", "ROLE", "all (default), node, or controller"),
        FlagHelp("relay-address", "ADDRESS", "where a node listens for the controller, such as :9810"),
        FlagHelp("nodes", "NAME:PORT", "the DNS name behind which a controller finds the nodes"),
        FlagHelp("tls-dir", "/FOLDER", "tls.crt, tls.key and ca.crt of a node or the controller"),
        FlagHelp("freeze-limit", "SECONDS", "no mounted volume is held still longer; 10 by default"),
        FlagHelp("inline-limit", "SIZE", "the largest inline volume, 0 for none; 10GiB by default"),
        FlagHelp(
            "inline-share", "PERCENT", "how much of a pool inline volumes may take together; 25% by default"),
        FlagHelp("max-volumes", "NUMBER", "the most volumes of this node, 0 (default) for no limit"),
        FlagHelp(
            "state-dir", "/FOLDER",
            "notes of which pools were served where; /run/loopcsi-node/pools by default"),
        FlagHelp("metrics-address", "ADDRESS", "where /metrics, /healthz and /readyz are answered"),
        FlagHelp("log-format", "FORMAT", "logfmt (default) or json"),
        FlagHelp("log-level", "LEVEL", "debug, info (default), warning or error"),
    ]

    /// Of what talks to a running driver.
    static let client = [
        FlagHelp("endpoint", "unix:///PATH", "the driver's socket; unix:///run/loopcsi/csi.sock by default"),
        FlagHelp("timeout", "SECONDS", "how long to wait for the answer"),
    ]

    /// Of what looks into pools.
    static let views = [
        FlagHelp("pool", "NAME=/FOLDER", "a pool, as for serve; may be repeated"),
        FlagHelp("output", "FORMAT", "table (default) or json"),
    ]

    /// Of `loopcsi certs`.
    static let certs = [
        FlagHelp("dir", "/FOLDER", "where the certificates go; new or empty at first"),
        FlagHelp("driver-name", "NAME", "whose nodes they are for; loop.csi.local by default"),
        FlagHelp("days", "NUMBER", "how long they are valid; 365 by default"),
    ]

    /// Of `loopcsi bench`.
    static let bench = [
        FlagHelp("lives", "NUMBER", "how many volumes are made, used and deleted; 50 by default"),
        FlagHelp("only", "PART", "lives, node, copies, lists or relay"),
    ]
}
