import Testing

/// The rules of this project that a program can check; CONTRIBUTING.md has the rest.
@Suite("The repository")
struct RepositoryTests {
    @Test("A check finds each planted violation once", arguments: Rule.all)
    func checksCanFail(rule: Rule) {
        #expect(!rule.broken.isEmpty)
        for example in rule.broken {
            let found = rule.violations(in: SourceFile(path: example.path, text: example.text))
            #expect(found.count == 1, "in \(example.path): \(example.text)")
        }
    }

    @Test("A check lets pass what only looks like a violation", arguments: Rule.all)
    func checksCanPass(rule: Rule) {
        for example in rule.kept {
            #expect(rule.violations(in: SourceFile(path: example.path, text: example.text)) == [])
        }
    }

    @Test("The tree keeps the rule", arguments: Rule.all)
    func treeKeeps(rule: Rule) {
        let violations = Repository.files.flatMap { rule.violations(in: $0) }
        #expect(violations.isEmpty, "\(rule.sentence):\n\(violations.joined(separator: "\n"))")
    }

    @Test(
        "Every rule concerns a file that is there, so that none passes for want of files", arguments: Rule.all
    )
    func rulesConcernFiles(rule: Rule) {
        #expect(Repository.files.contains { rule.concerns($0.path) })
    }

    @Test("Every C target has an owner among the Swift targets")
    func owners() {
        let targets = Repository.targets
        let cTargets = targets.filter { !$0.value.contains { $0.hasSuffix(".swift") } }.keys
        #expect(Set(cTargets) == Set(Rule.owners.keys))
        for owner in Rule.owners.values.joined() {
            #expect(targets[owner] != nil)
        }
    }
}
