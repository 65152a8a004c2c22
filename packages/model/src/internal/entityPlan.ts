export interface EntityPlan<out A> { readonly _A?: A }
