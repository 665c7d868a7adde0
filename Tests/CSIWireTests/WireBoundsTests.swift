import CSIWire
import Testing

@Suite("The size of texts")
struct WireBoundsTests {
    private func x(_ count: Int) -> String { String(repeating: "x", count: count) }

    private func refusal<M: CSIRequest>(_ request: M) -> String? {
        do throws(CSIStatus) {
            #expect(try M(decoding: request.encoded()) == request)
            return nil
        } catch {
            #expect(error.code == .invalidArgument)
            return error.message
        }
    }

    @Test("is 128 bytes where the specification says nothing else, counted in UTF-8")
    func plain() {
        #expect(refusal(CSI.DeleteVolumeRequest(volumeID: x(128))) == nil)
        #expect(
            refusal(CSI.DeleteVolumeRequest(volumeID: x(129)))
                == "volume_id: it has 129 bytes, more than the 128 allowed")
        #expect(refusal(CSI.CreateVolumeRequest(name: String(repeating: "ä", count: 64))) == nil)
        #expect(
            refusal(CSI.CreateVolumeRequest(name: String(repeating: "ä", count: 65)))
                == "name: it has 130 bytes, more than the 128 allowed")
        #expect(
            refusal(CSI.CreateVolumeRequest(contentSource: .snapshot(id: x(129))))
                == "volume_content_source.snapshot.snapshot_id: it has 129 bytes, more than the 128 allowed")
        #expect(
            refusal(CSI.CreateVolumeGroupSnapshotRequest(sourceVolumeIDs: ["a", x(129)]))
                == "source_volume_ids: it has 129 bytes, more than the 128 allowed")
    }

    @Test("of a path is that of Linux")
    func paths() {
        #expect(refusal(CSI.NodeUnpublishVolumeRequest(targetPath: x(4095))) == nil)
        #expect(
            refusal(CSI.NodeUnpublishVolumeRequest(targetPath: x(4096)))
                == "target_path: it has 4096 bytes, more than the 4095 allowed")
        #expect(refusal(CSI.NodeStageVolumeRequest(stagingTargetPath: x(4096))) != nil)
        #expect(refusal(CSI.NodeExpandVolumeRequest(volumePath: x(4096))) != nil)
    }

    @Test("of a map is the sum of its keys and values, and of its keys each")
    func maps() {
        #expect(refusal(CSI.CreateVolumeRequest(parameters: ["a": x(2000), "b": x(2094)])) == nil)
        #expect(
            refusal(CSI.CreateVolumeRequest(parameters: ["a": x(2000), "b": x(2095)]))
                == "parameters: it has more than the 4096 bytes allowed")
        #expect(refusal(CSI.NodePublishVolumeRequest(volumeContext: [x(317): "v"])) == nil)
        #expect(
            refusal(CSI.NodePublishVolumeRequest(volumeContext: [x(318): "v"]))
                == "volume_context.key: it has 318 bytes, more than the 317 allowed")
        #expect(
            refusal(CSI.DeleteVolumeRequest(secrets: CSI.Secrets(["a": x(4097)])))
                == "secrets.value: it has 4097 bytes, more than the 4096 allowed")
        // Keys that only look the same are two.
        let twins = CSI.NodeStageVolumeRequest(
            publishContext: ["a\u{301}": "1"], volumeContext: ["\u{e1}": "2"])
        #expect(refusal(twins) == nil)
    }

    @Test("of mount flags is their sum, and the capability that is too large is named by its place")
    func flags() {
        func request(_ flags: [String]) -> CSI.CreateVolumeRequest {
            CSI.CreateVolumeRequest(volumeCapabilities: [
                .init(access: .block, mode: .singleNodeWriter),
                .init(access: .mount(flags: flags), mode: .singleNodeWriter),
            ])
        }
        #expect(refusal(request([x(4000), x(96)])) == nil)
        #expect(
            refusal(request([x(4000), x(97)]))
                == "volume_capabilities[1].mount.mount_flags: it has more than the 4096 bytes allowed")
    }

    @Test("of a topology is that of a map, and its keys are of printable ASCII")
    func topologies() {
        func request(_ segments: [String: String]) -> CSI.CreateVolumeRequest {
            CSI.CreateVolumeRequest(
                accessibilityRequirements: CSI.TopologyRequirement(
                    requisite: [CSI.Topology(segments: ["zone": "1"]), CSI.Topology(segments: segments)]))
        }
        #expect(refusal(request(["topology.loop.csi.local/pool.a": "0123456789abcdef"])) == nil)
        for segments in [["zöne": "1"], ["zo ne": "1"], ["zone\n": "1"]] {
            let message = refusal(request(segments))
            #expect(
                message?.contains("accessibility_requirements.requisite[1].segments.key: ") == true,
                "\(segments)")
        }
        let terms = Array(repeating: CSI.Topology(segments: ["z": "1"]), count: 16385)
        #expect(
            refusal(
                CSI.CreateVolumeRequest(accessibilityRequirements: .init(preferred: Array(terms.dropLast()))))
                == nil)
        #expect(
            refusal(CSI.CreateVolumeRequest(accessibilityRequirements: .init(preferred: terms)))
                == "accessibility_requirements.preferred: it has more than the 16384 elements allowed")
    }

    @Test("of lists of ids is bounded by their number")
    func lists() {
        let ids = (0..<1025).map { "\($0)" }
        #expect(refusal(CSI.CreateVolumeGroupSnapshotRequest(sourceVolumeIDs: Array(ids.dropLast()))) == nil)
        #expect(
            refusal(CSI.GetVolumeGroupSnapshotRequest(groupSnapshotID: "g", snapshotIDs: ids))
                == "snapshot_ids: it has more than the 1024 elements allowed")
    }

    @Test("holds for replies too, which may come from a stranger, while a node may have many pools")
    func replies() throws {
        var manifest: [String: String] = [:]
        for number in 0..<1000 { manifest["pool.p\(number)"] = "0123456789abcdef" }
        let reply = CSI.GetPluginInfoResponse(name: "test", manifest: manifest)
        #expect(try CSI.GetPluginInfoResponse(decoding: reply.encoded()) == reply)
        for number in 0..<3000 { manifest["pool.q\(number)"] = "0123456789abcdef" }
        let large = CSI.GetPluginInfoResponse(name: "test", manifest: manifest).encoded()
        let status = #expect(throws: CSIStatus.self) { try CSI.GetPluginInfoResponse(decoding: large) }
        #expect(status?.message == "manifest: it has more than the 65536 bytes allowed")
        let method = try #require(CSIMethod.find(CSI.GetPluginInfoRequest.path))
        #expect(method.objection(toReply: large) != nil)
        // A page of a list holds many entries.
        let entries = (0..<5000).map { CSI.ListedVolume(volume: CSI.Volume(volumeID: "v\($0)")) }
        let page = CSI.ListVolumesResponse(entries: entries)
        #expect(try CSI.ListVolumesResponse(decoding: page.encoded()) == page)
    }
}
