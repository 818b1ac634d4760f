/** The desktop's shaders, which `viewer/web/script.py` writes as a module. */
export const VERTEX: string;
export const FRAGMENT: string;
