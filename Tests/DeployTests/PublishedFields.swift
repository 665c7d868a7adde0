/// The fields of the Kubernetes API (1.36), of the snapshot API (v1), of cert-manager (v1) and of kustomize that manifests here
/// may use.
///
/// A type on each line, with its fields; `field:Type` is an object or a list of objects, `field:any` a free map, and a
/// plain field a scalar or a list of scalars. Everything has `apiVersion` and `kind`.
enum PublishedFields {
    private static let text = """
        ObjectMeta = name namespace labels:any annotations:any generateName finalizers
        LabelSelector = matchLabels:any matchExpressions
        Namespace = metadata:ObjectMeta
        ServiceAccount = metadata:ObjectMeta automountServiceAccountToken imagePullSecrets
        ConfigMap = metadata:ObjectMeta data:any immutable
        CSIDriver = metadata:ObjectMeta spec:CSIDriverSpec
        CSIDriverSpec = attachRequired podInfoOnMount storageCapacity fsGroupPolicy seLinuxMount requiresRepublish volumeLifecycleModes tokenRequests nodeAllocatableUpdatePeriodSeconds
        StorageClass = metadata:ObjectMeta provisioner parameters:any reclaimPolicy mountOptions allowVolumeExpansion volumeBindingMode allowedTopologies
        VolumeSnapshotClass = metadata:ObjectMeta driver deletionPolicy parameters:any
        VolumeGroupSnapshotClass = metadata:ObjectMeta driver deletionPolicy parameters:any
        VolumeSnapshot = metadata:ObjectMeta spec:VolumeSnapshotSpec
        VolumeSnapshotSpec = volumeSnapshotClassName source:VolumeSnapshotSource
        VolumeSnapshotSource = persistentVolumeClaimName volumeSnapshotContentName
        VolumeGroupSnapshot = metadata:ObjectMeta spec:VolumeGroupSnapshotSpec
        VolumeGroupSnapshotSpec = volumeGroupSnapshotClassName source:VolumeGroupSnapshotSource
        VolumeGroupSnapshotSource = selector:LabelSelector volumeGroupSnapshotContentName
        PersistentVolume = metadata:ObjectMeta spec:PersistentVolumeSpec
        PersistentVolumeSpec = capacity:any accessModes volumeMode persistentVolumeReclaimPolicy storageClassName mountOptions claimRef:ObjectReference nodeAffinity:VolumeNodeAffinity csi:CSIPersistentVolumeSource nfs:NFSVolumeSource
        CSIPersistentVolumeSource = driver volumeHandle readOnly fsType volumeAttributes:any
        ObjectReference = apiVersion group kind namespace name
        VolumeNodeAffinity = required:NodeSelector
        NodeSelector = nodeSelectorTerms:NodeSelectorTerm
        NodeSelectorTerm = matchExpressions:NodeSelectorRequirement
        NodeSelectorRequirement = key operator values
        PersistentVolumeClaim = metadata:ObjectMeta spec:PersistentVolumeClaimSpec
        PersistentVolumeClaimSpec = accessModes volumeMode storageClassName volumeName resources:VolumeResourceRequirements dataSource:TypedLocalObjectReference selector:LabelSelector
        VolumeResourceRequirements = requests:any limits:any
        TypedLocalObjectReference = apiGroup kind name
        Pod = metadata:ObjectMeta spec:PodSpec
        Job = metadata:ObjectMeta spec:JobSpec
        JobSpec = template:PodTemplateSpec backoffLimit completions parallelism ttlSecondsAfterFinished
        Service = metadata:ObjectMeta spec:ServiceSpec
        ServiceSpec = clusterIP publishNotReadyAddresses selector:any ports:ServicePort type
        ServicePort = name port targetPort protocol
        DaemonSet = metadata:ObjectMeta spec:DaemonSetSpec
        DaemonSetSpec = selector:LabelSelector template:PodTemplateSpec updateStrategy:DaemonSetUpdateStrategy minReadySeconds
        DaemonSetUpdateStrategy = type rollingUpdate:RollingUpdate
        RollingUpdate = maxSurge maxUnavailable
        Deployment = metadata:ObjectMeta spec:DeploymentSpec
        DeploymentSpec = replicas selector:LabelSelector template:PodTemplateSpec strategy:DeploymentStrategy minReadySeconds
        DeploymentStrategy = type rollingUpdate:RollingUpdate
        StatefulSet = metadata:ObjectMeta spec:StatefulSetSpec
        StatefulSetSpec = replicas serviceName selector:LabelSelector template:PodTemplateSpec volumeClaimTemplates:PersistentVolumeClaim podManagementPolicy updateStrategy persistentVolumeClaimRetentionPolicy
        PodTemplateSpec = metadata:ObjectMeta spec:PodSpec
        PodSpec = serviceAccountName automountServiceAccountToken priorityClassName nodeSelector:any nodeName tolerations:Toleration affinity:Affinity dnsPolicy terminationGracePeriodSeconds restartPolicy securityContext:PodSecurityContext initContainers:Container containers:Container volumes:Volume hostNetwork
        PodSecurityContext = fsGroup fsGroupChangePolicy runAsUser runAsGroup runAsNonRoot seccompProfile:SeccompProfile seLinuxOptions:SELinuxOptions
        SeccompProfile = type localhostProfile
        Toleration = key operator value effect tolerationSeconds
        Affinity = nodeAffinity podAffinity:PodAffinity podAntiAffinity:PodAffinity
        PodAffinity = requiredDuringSchedulingIgnoredDuringExecution:PodAffinityTerm preferredDuringSchedulingIgnoredDuringExecution:WeightedPodAffinityTerm
        WeightedPodAffinityTerm = weight podAffinityTerm:PodAffinityTerm
        PodAffinityTerm = topologyKey labelSelector:LabelSelector namespaces
        Container = name image imagePullPolicy command args env:EnvVar envFrom:EnvFromSource ports:ContainerPort securityContext:SecurityContext resources:ResourceRequirements startupProbe:Probe livenessProbe:Probe readinessProbe:Probe volumeMounts:VolumeMount volumeDevices:VolumeDevice workingDir
        EnvVar = name value valueFrom:EnvVarSource
        EnvVarSource = fieldRef:ObjectFieldSelector
        ObjectFieldSelector = fieldPath
        EnvFromSource = configMapRef:ConfigMapEnvSource
        ConfigMapEnvSource = name optional
        ContainerPort = name containerPort protocol
        SecurityContext = privileged readOnlyRootFilesystem allowPrivilegeEscalation runAsUser runAsGroup runAsNonRoot capabilities:Capabilities seLinuxOptions:SELinuxOptions
        Capabilities = add drop
        SELinuxOptions = type level role user
        ResourceRequirements = requests:any limits:any
        Probe = exec:ExecAction httpGet:HTTPGetAction initialDelaySeconds periodSeconds timeoutSeconds failureThreshold successThreshold
        ExecAction = command
        HTTPGetAction = path port scheme
        VolumeMount = name mountPath mountPropagation readOnly subPath
        VolumeDevice = name devicePath
        Volume = name hostPath:HostPathVolumeSource emptyDir:any persistentVolumeClaim:PersistentVolumeClaimVolumeSource csi:CSIVolumeSource ephemeral:EphemeralVolumeSource secret:SecretVolumeSource
        SecretVolumeSource = secretName defaultMode optional
        NFSVolumeSource = server path readOnly
        HostPathVolumeSource = path type
        PersistentVolumeClaimVolumeSource = claimName readOnly
        CSIVolumeSource = driver fsType readOnly volumeAttributes:any
        EphemeralVolumeSource = volumeClaimTemplate:PersistentVolumeClaimTemplate
        PersistentVolumeClaimTemplate = metadata:ObjectMeta spec:PersistentVolumeClaimSpec
        ClusterRole = metadata:ObjectMeta rules:PolicyRule
        Role = metadata:ObjectMeta rules:PolicyRule
        PolicyRule = apiGroups resources verbs
        ClusterRoleBinding = metadata:ObjectMeta roleRef:RoleRef subjects:Subject
        RoleBinding = metadata:ObjectMeta roleRef:RoleRef subjects:Subject
        RoleRef = apiGroup kind name
        Subject = kind name namespace
        PodDisruptionBudget = metadata:ObjectMeta spec:PodDisruptionBudgetSpec
        PodDisruptionBudgetSpec = maxUnavailable minAvailable unhealthyPodEvictionPolicy selector:LabelSelector
        NetworkPolicy = metadata:ObjectMeta spec:NetworkPolicySpec
        NetworkPolicySpec = podSelector:LabelSelector policyTypes ingress:NetworkPolicyIngressRule
        NetworkPolicyIngressRule = from:NetworkPolicyPeer ports:NetworkPolicyPort
        NetworkPolicyPeer = podSelector:LabelSelector namespaceSelector:LabelSelector
        NetworkPolicyPort = port endPort protocol
        ValidatingAdmissionPolicy = metadata:ObjectMeta spec:ValidatingAdmissionPolicySpec
        ValidatingAdmissionPolicySpec = failurePolicy paramKind:ParamKind matchConstraints:MatchResources matchConditions:MatchCondition variables:PolicyVariable validations:Validation auditAnnotations
        ParamKind = apiVersion kind
        MatchResources = resourceRules:NamedRuleWithOperations namespaceSelector:LabelSelector objectSelector:LabelSelector matchPolicy
        NamedRuleWithOperations = apiGroups apiVersions operations resources resourceNames scope
        MatchCondition = name expression
        PolicyVariable = name expression
        Validation = expression message messageExpression reason
        ValidatingAdmissionPolicyBinding = metadata:ObjectMeta spec:ValidatingAdmissionPolicyBindingSpec
        ValidatingAdmissionPolicyBindingSpec = policyName paramRef:ParamRef matchResources:MatchResources validationActions
        ParamRef = name namespace parameterNotFoundAction
        Issuer = metadata:ObjectMeta spec:IssuerSpec
        IssuerSpec = selfSigned:any ca:CAIssuer
        CAIssuer = secretName
        Certificate = metadata:ObjectMeta spec:CertificateSpec
        CertificateSpec = isCA commonName secretName dnsNames usages duration renewBefore privateKey:CertificatePrivateKey issuerRef:ObjectReference
        CertificatePrivateKey = algorithm size encoding rotationPolicy
        Kustomization = namespace resources components patches:Patch labels:Label images:Image configMapGenerator:ConfigMapArgs
        Component = resources patches:Patch labels:Label images:Image
        Patch = path
        Label = pairs:any includeTemplates
        Image = name newName newTag
        ConfigMapArgs = name literals behavior
        """

    private static let types: [String: [String: String]] = {
        var types: [String: [String: String]] = [:]
        for line in text.split(separator: "\n") {
            let halves = line.split(separator: "=")
            var fields = ["apiVersion": "", "kind": ""]
            for word in halves[1].split(separator: " ") {
                let parts = word.split(separator: ":")
                fields[String(parts[0])] = parts.count == 2 ? String(parts[1]) : ""
            }
            types[halves[0].trimming()] = fields
        }
        return types
    }()

    /// Where a document uses a field that is not published, or one in a way that it is not meant.
    static func strangers(in document: Document) -> [String] {
        guard types[document.kind] != nil else { return ["\(document): the kind is not in the list"] }
        return strangers(in: document.value, as: document.kind, at: document.kind).map {
            "\(document.file): \($0)"
        }
    }

    private static func strangers(in value: Value, as type: String, at path: String) -> [String] {
        switch value {
        case .list(let list):
            return list.flatMap { strangers(in: $0, as: type, at: path) }
        case .map(let map) where type.isEmpty:
            return ["\(path) has \(map.keys.sorted().joined(separator: ", ")), but is a plain value"]
        case .map(let map):
            guard type != "any" else { return [] }
            return map.sorted { $0.key < $1.key }.flatMap { key, value in
                guard let field = types[type]?[key] else { return ["\(path).\(key) is no field of \(type)"] }
                return strangers(in: value, as: field, at: "\(path).\(key)")
            }
        default:
            return type.isEmpty || type == "any" ? [] : ["\(path) must be an object of type \(type)"]
        }
    }
}

extension Substring {
    fileprivate func trimming() -> String { String(drop { $0 == " " }.prefix { $0 != " " }) }
}
