import { Anchor, Burger, Button, Popover, Text, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconChevronUp, IconExternalLink, IconUser } from "@tabler/icons-react";
import { type MouseEvent, Suspense, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { NavLink, Outlet, useLocation } from "react-router";
import { useSession } from "../session/session.js";
import { Appearance } from "./Appearance.js";
import { DESTINATIONS } from "./destinations.js";
import { ExpiryNotice } from "./ExpiryNotice.js";
import { Keys } from "./Keys.js";
import { LanguageChoice } from "./LanguageChoice.js";
import classes from "./Shell.module.css";
import { Loading } from "./states.js";

/** Goes past the menu. The page's base makes `#content` of any page the first one's. */
function skip(event: MouseEvent) {
  event.preventDefault();
  document.getElementById("content")?.focus();
}

/** What stands around every page: the menu, who is signed in, keys. */
export function Shell() {
  const { t } = useTranslation("shell");
  const { caller, may, signOut } = useSession();
  const [open, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the menu closes when another page opens
  useEffect(close, [pathname]);
  return (
    <div className={classes.frame}>
      {/* biome-ignore lint/a11y/useValidAnchor: it leads to a place on this page, whose address the router keeps */}
      <a href="#content" className={classes.skip} onClick={skip}>
        {t("skip")}
      </a>
      <header className={classes.top}>
        <Burger opened={open} onClick={toggle} size="sm" aria-label={t(open ? "nav.close" : "nav.open")} />
        <Text fw={600}>{t("product")}</Text>
      </header>
      <nav className={classes.nav} data-open={open} aria-label={t("nav.label")}>
        <Text fw={650} size="lg" className={classes.product}>
          {t("product")}
        </Text>
        <ul className={classes.list}>
          {DESTINATIONS.filter(each => may(each.scope)).map(({ name, path, icon: Icon }) => (
            <li key={name}>
              <NavLink to={path} end={path === "/"} className={classes.link ?? ""}>
                <Icon size={18} stroke={1.6} aria-hidden />
                {t(`nav.${name}`)}
              </NavLink>
            </li>
          ))}
        </ul>
        <div className={classes.foot}>
          <Anchor href="../terminal" target="_blank" className={classes.link ?? ""} underline="never" c="dimmed">
            <IconExternalLink size={18} stroke={1.6} aria-hidden />
            {t("nav.terminalPage")}
          </Anchor>
          <Popover position="top-start" width={232} shadow="md" trapFocus returnFocus>
            <Popover.Target>
              <UnstyledButton className={classes.link} aria-label={t("signedInAs", { user: caller.user })}>
                <IconUser size={18} stroke={1.6} aria-hidden />
                <span className={classes.user}>{caller.user}</span>
                <IconChevronUp size={14} aria-hidden />
              </UnstyledButton>
            </Popover.Target>
            <Popover.Dropdown p={4}>
              <div className={classes.choices}>
                <LanguageChoice />
                <Appearance />
                <Button variant="default" size="xs" fullWidth onClick={signOut}>
                  {t("signOut")}
                </Button>
              </div>
            </Popover.Dropdown>
          </Popover>
        </div>
      </nav>
      <main id="content" className={classes.main} tabIndex={-1}>
        <ExpiryNotice />
        <Suspense fallback={<Loading />}>
          <Outlet />
        </Suspense>
      </main>
      <Keys />
    </div>
  );
}
