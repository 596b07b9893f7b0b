import "./styles.css";
import "@/lib/theme/theme";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { router } from "./app/router";

const root = document.getElementById("root");
if (!root) {
    throw new Error("index.html lacks #root");
}
createRoot(root).render(
    <StrictMode>
        <RouterProvider router={router} />
    </StrictMode>,
);
