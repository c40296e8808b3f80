import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { noticesAre } from "./notices.js";

/** Lets the person allow notices of the system, for when the page is not looked at. */
export function NoticeSwitch() {
  const { t } = useTranslation("terminal");
  const [are, setAre] = useState(noticesAre);
  if (are === "impossible") return null;
  if (are !== "not asked") {
    return (
      <Text size="sm" c="dimmed">
        {t(are === "allowed" ? "notices.allowed" : "notices.denied")}
      </Text>
    );
  }
  return (
    <Button
      size="xs"
      variant="default"
      onClick={() => void Notification.requestPermission().then(() => setAre(noticesAre()))}
    >
      {t("notices.ask")}
    </Button>
  );
}
