import "./app.css";

import { mount } from "svelte";

import App from "./App.svelte";
import { theme } from "./lib/theme.svelte";

theme.apply();

const target = document.getElementById("app");
if (target === null) throw new Error("index.html has no #app");
// In a task of its own: to run the file and to draw the page at once would keep the browser busy for over 50 ms.
setTimeout(() => mount(App, { target }));
