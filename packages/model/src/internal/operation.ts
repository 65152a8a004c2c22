export const TypeId: unique symbol = Symbol.for("@armature/model/Operation")
export const isOperation = (u: unknown): boolean => typeof u === "object" && u !== null && TypeId in u
