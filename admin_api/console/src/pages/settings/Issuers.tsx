import { Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Issuer } from "../../api/schema.js";
import classes from "./Settings.module.css";

/** Whose tokens are accepted, and the names of the keys in use. */
export function Issuers({ issuers }: { issuers: readonly Issuer[] }) {
  const { t } = useTranslation("settings");
  return (
    <Table.ScrollContainer minWidth={640} type="native" className={classes.scroll ?? ""} tabIndex={0}>
      <Table verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("issuer")}</Table.Th>
            <Table.Th>{t("audiences")}</Table.Th>
            <Table.Th>{t("keys")}</Table.Th>
            <Table.Th>{t("keysFrom")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {issuers.map(issuer => (
            <Table.Tr key={issuer.issuer}>
              <Table.Td>{issuer.issuer}</Table.Td>
              <Table.Td>{issuer.audiences.join(", ")}</Table.Td>
              <Table.Td>
                {issuer.keys === null ? (
                  <Text c="dimmed">{t("keysUnknown")}</Text>
                ) : (
                  issuer.keys.map(key => (
                    <div key={`${key.kid} ${key.alg}`}>
                      <code>{key.kid ?? t("noKid")}</code> {key.alg}
                    </div>
                  ))
                )}
              </Table.Td>
              <Table.Td>{issuer.jwks_uri ?? t("keysInSettings")}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
