// CSIWire: the requests and replies of the Container Storage Interface as plain Swift values.
//
// Bytes come in, a value comes out, or a `CSIStatus` that says which field is wrong; and the reverse.
// This is the only target where protobuf-c exists: its pointers never leave the function that got them.
// It knows the wire and nothing else: no volumes, no rules about what a request may ask for.
//
// From the bottom up: `MessageType` reads the generated tables, `WireScan` checks bytes against them,
// `OwnedMessage` and `MessageView` hold an unpacked message, `FieldCoder` copies its fields to and from
// the types in `CSI`. `CSIJSON` goes from the same tables to JSON and back, for people.

/// The messages of csi.proto, named as there, in Swift spelling.
package enum CSI {}
