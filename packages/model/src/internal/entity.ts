export const TypeId: unique symbol = Symbol.for("@armature/model/Entity")
export declare const make: any
