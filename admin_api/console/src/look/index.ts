/** Every style sheet that all pages share, in their order. */

import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "virtual:theme-variables.css";
import "./states.css";
import "./page.css";
