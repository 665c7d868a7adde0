import CSIWire
package import Volumes

/// The Identity service: who this plugin is and whether it is fit for work.
package struct IdentityService: Sendable {
    private let driverName: String
    private let version: String
    private let manifest: NodeManifest?
    private let readiness: ReadinessCheck

    /// Answers with these facts; manifest and `readiness` must answer within moments, also when a disk hangs.
    package init(
        driverName: String, version: String, manifest: NodeManifest, readiness: @escaping ReadinessCheck
    ) {
        self.driverName = driverName
        self.version = version
        self.manifest = manifest
        self.readiness = readiness
    }

    /// The same for a relay, which has no pools.
    package init(driverName: String, version: String, readiness: @escaping ReadinessCheck) {
        self.driverName = driverName
        self.version = version
        manifest = nil
        self.readiness = readiness
    }

    /// The methods of the service.
    package var handlers: [CSIHandler] {
        [
            CSIHandler(CSI.GetPluginInfoRequest.self, isQuick: true) { _ throws(VolumeFault) in
                CSI.GetPluginInfoResponse(
                    name: driverName, vendorVersion: version,
                    manifest: manifest?.entries ?? [:])
            },
            CSIHandler(CSI.GetPluginCapabilitiesRequest.self, isQuick: true) { _ throws(VolumeFault) in
                CSI.GetPluginCapabilitiesResponse(capabilities: [
                    .service(.controllerService), .service(.volumeAccessibilityConstraints),
                    .service(.groupControllerService), .volumeExpansion(.online),
                ])
            },
            CSIHandler(CSI.ProbeRequest.self, isQuick: true) { _ throws(VolumeFault) in
                CSI.ProbeResponse(ready: try readiness())
            },
        ]
    }
}
