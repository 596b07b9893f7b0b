import { common } from "../language/common";
import { supportView } from "./browser-session";

/** Why nothing can be changed here, or null. The services refuse it too; this only spares the attempt. */
export function writeRefusal(): string | null {
    return supportView?.session()?.mode === "ro" ? common.support.readsOnly : null;
}

/** Why nothing can be deleted here, or null: what support sessions never may. */
export function deleteRefusal(): string | null {
    return supportView ? common.support.deletesNothing : null;
}
