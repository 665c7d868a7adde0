import Testing

@testable import CSIWire

@Suite("The generated tables")
struct SchemaTests {
    /// All types that requests and replies lead to, without map entries and the types of Protocol Buffers itself.
    private func allTypes() -> [String: MessageType] {
        var found: [String: MessageType] = [:]
        var pending = CSIMethod.all.flatMap { [$0.request, $0.reply] }
        while let type = pending.popLast() {
            let name = String(type.fullName.dropFirst("csi.v1.".count))
            if !type.fullName.hasPrefix("csi.v1.") || type.isMapEntry || found[name] != nil { continue }
            found[name] = type
            for field in type.fields {
                if case .message(let nested) = field.kind { pending.append(nested) }
            }
        }
        return found
    }

    @Test("hold five services and 32 methods, of which two stream")
    func services() {
        let methods = CSIMethod.all
        #expect(methods.count == 32)
        #expect(
            Dictionary(grouping: methods, by: \.service).mapValues(\.count) == [
                "Identity": 3, "Controller": 15, "GroupController": 4, "SnapshotMetadata": 2, "Node": 8,
            ])
        #expect(
            methods.filter(\.isServerStreaming).map(\.name) == ["GetMetadataAllocated", "GetMetadataDelta"])
        for method in methods {
            #expect(method.request.name == method.name + "Request")
            #expect(method.reply.name == method.name + "Response")
        }
    }

    @Test("find a method with or without the leading slash")
    func find() {
        #expect(CSIMethod.find("csi.v1.Controller/CreateVolume")?.name == "CreateVolume")
        #expect(CSIMethod.find("/csi.v1.Controller/CreateVolume")?.path == "/csi.v1.Controller/CreateVolume")
        #expect(CSIMethod.find("/csi.v1.Controller/createVolume") == nil)
        #expect(CSIMethod.find("") == nil)
    }

    @Test("hold exactly the messages and field numbers of the interface")
    func messages() {
        let index = allTypes().map { name, type in
            "\(name):" + type.fields.map { " \($0.name)=\($0.number)" }.joined()
        }
        #expect(index.count == 94)
        #expect(index.sorted() == WireContract.messages.sorted())
    }

    @Test("have a secret exactly where the interface marks one")
    func secrets() {
        var secrets: [String: UInt32] = [:]
        for (name, type) in allTypes() {
            for field in type.fields where field.isSecret { secrets[name] = field.number }
        }
        #expect(secrets.count == 19)
        #expect(secrets == WireContract.secrets)
    }

    @Test("name the enum values in the order of the Swift cases")
    func enums() throws {
        let types = allTypes()
        func check<E: WireEnum>(_: E.Type, _ message: String, _ field: String) throws {
            let found = try #require(types[message]?.field(named: field))
            guard case .enumeration(let type) = found.kind else {
                Issue.record("\(message).\(field) is no enum")
                return
            }
            let names = E.named.map { value in
                "\(value)".map { $0.isUppercase ? "_\($0)" : $0.uppercased() }.joined()
            }
            #expect(names == type.names)
            #expect(E.named.map(\.number) == type.names.map { type.number(of: $0) })
        }
        try check(CSI.AccessMode.self, "VolumeCapability.AccessMode", "mode")
        try check(CSI.VolumeUsage.Unit.self, "VolumeUsage", "unit")
        try check(CSI.PluginCapability.Service.self, "PluginCapability.Service", "type")
        try check(CSI.PluginCapability.VolumeExpansion.self, "PluginCapability.VolumeExpansion", "type")
        try check(CSI.ControllerServiceCapability.self, "ControllerServiceCapability.RPC", "type")
        try check(
            CSI.GroupControllerServiceCapability.self, "GroupControllerServiceCapability.RPC", "type")
        try check(CSI.NodeServiceCapability.self, "NodeServiceCapability.RPC", "type")
    }

    @Test("know sixteen failures and success by gRPC's numbers and names")
    func codes() {
        #expect(CSICode.allCases.map(\.rawValue) == Array(0...16))
        #expect(CSICode(rawValue: 3)?.name == "INVALID_ARGUMENT")
        #expect(CSICode(rawValue: 10)?.name == "ABORTED")
        #expect(CSICode(rawValue: 13)?.name == "INTERNAL")
        #expect(Set(CSICode.allCases.map(\.name)).count == 17)
    }
}
