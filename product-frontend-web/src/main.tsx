import "./styles.css";
import "@/lib/theme/theme";
import { RouterProvider } from "@tanstack/react-router";
import { type ReactNode, StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { viewedSession } from "@/lib/session/view-address";
import { loadLanguage } from "./app/languages/load";
import { router } from "./app/router";

const root = document.getElementById("root");
if (!root) {
    throw new Error("index.html lacks #root");
}

/** Nothing of a support session is drawn without its banner. */
async function framed(page: ReactNode): Promise<ReactNode> {
    const viewed = viewedSession(location.pathname);
    if (viewed === null) {
        return page;
    }
    const [{ openSupportView }, { default: ViewFrame }] = await Promise.all([
        import("@/lib/session/browser-view"),
        import("./app/support/view-frame"),
    ]);
    return <ViewFrame view={openSupportView(viewed)}>{page}</ViewFrame>;
}

// Not awaited here: the chunk with the words may need this one, and would wait for it in turn.
void loadLanguage()
    .then(() => framed(<RouterProvider router={router} />))
    .then((page) => createRoot(root).render(<StrictMode>{page}</StrictMode>));
