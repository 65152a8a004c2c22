/** Who takes part: a file of `contestants/` each, bundled and run in a process of its own. */

export interface Entry {
  readonly file: string
  readonly title: string
}

export const contestants: ReadonlyArray<Entry> = [
  { file: "undici", title: "undici, bare" },
  { file: "undiciSigned", title: "undici, signed and decoded" },
  { file: "sdk", title: "@aws-sdk/client-dynamodb" },
  { file: "document", title: "@aws-sdk/lib-dynamodb" },
  { file: "effectAws", title: "@effect-aws/client-dynamodb" },
  { file: "electrodb", title: "electrodb" },
  { file: "toolbox", title: "dynamodb-toolbox" },
  { file: "serviceOnSdk", title: "Armature service, sdk" },
  { file: "documentOnSdk", title: "Armature Document, sdk" },
  { file: "entityOnSdk", title: "Armature Entity, sdk" },
  { file: "serviceOnDirect", title: "Armature service, direct" },
  { file: "serviceTraced", title: "Armature service, direct, with spans" },
  { file: "documentOnDirect", title: "Armature Document, direct" },
  { file: "entityOnDirect", title: "Armature Entity, direct" }
]
