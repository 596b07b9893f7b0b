const typedIn = new Set<HTMLFormElement>();

// Filters and searches are in no form: they are in the address.
document.addEventListener("input", ({ target }) => {
    const form = target instanceof HTMLElement ? target.closest("form") : null;
    if (form) {
        typedIn.add(form);
    }
});

/** Whether a form is on the page that somebody typed into. One that is sent stays one of them as long as it is there. */
export function holdsInput(): boolean {
    for (const form of typedIn) {
        if (!form.isConnected) {
            typedIn.delete(form);
        }
    }
    return typedIn.size > 0;
}
