/** placeholder */
export interface Plan { readonly width: number }
