import { createRoot } from "react-dom/client";
import { App } from "./app";
import "./page.css";
import { SessionProvider } from "./session";

const page = document.getElementById("page");
if (page === null) throw new Error("The page has no place to show anything in.");
createRoot(page).render(
  <SessionProvider>
    <App />
  </SessionProvider>,
);
