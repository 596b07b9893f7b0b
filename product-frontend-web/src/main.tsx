import "./styles.css";
import "@/lib/theme/theme";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { loadLanguage } from "./app/languages/load";
import { router } from "./app/router";

const root = document.getElementById("root");
if (!root) {
    throw new Error("index.html lacks #root");
}
// Not awaited here: the chunk with the words may need this one, and would wait for it in turn.
void loadLanguage().then(() =>
    createRoot(root).render(
        <StrictMode>
            <RouterProvider router={router} />
        </StrictMode>,
    ),
);
