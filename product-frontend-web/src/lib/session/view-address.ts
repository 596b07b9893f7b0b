const prefix = /^\/support\/in\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=\/|$)/;

/** The support session that an address is inside of. */
export function viewedSession(pathname: string): string | null {
    return prefix.exec(pathname)?.[1] ?? null;
}

export const addressOfView = (id: string): string => `/support/in/${id}`;
export const addressOfSession = (id: string): string => `/support/sessions/${id}`;
