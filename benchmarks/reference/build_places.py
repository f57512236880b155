"""Write ``ports.csv`` (sea ports and airports) and ``sea_distances.csv`` of ``features/reference``.

Run by hand; takes some minutes (a sea route costs about 10 ms a pair)::

    python benchmarks/reference/build_places.py

Sea ports and sea routes come from the searoute package (Apache-2.0), airports from airportsdata (MIT);
the additions below are places the two lists lack or spell in a way no manifest does.
"""

from __future__ import annotations

import csv
import json
from itertools import combinations
from pathlib import Path

import airportsdata
import searoute

OUT = Path(__file__).parents[2] / "features" / "reference"

#: Ports and airports through which boxes of many countries pass.
HUBS = """
SGSIN MYPKG MYTPP HKHKG CNSHA CNNGB CNNBG CNYTN CNNSA KRPUS TWKHH LKCMB AEJEA AEKLF OMSLL SAJED DJJIB
EGPSD MTMAR ESALG MAPTM GRPIR ITGIT NLRTM BEANR DEHAM PABLB PAMIT PAONX JMKIN BSFPO DOCAU COCTG TGLFW
MUPLU IDTPP THLCH VNCMT
SIN HKG DXB DWC DOH AUH SHJ IST ADD BKK KUL CDG FRA AMS LGG LUX CGN LEJ ICN TPE NRT PVG CAN ANC MIA MEM
SDF CVG NBO JNB CAI BAH MCT CMB
""".split()  # noqa: SIM905

#: code, country, name, lat, lon, other names.
EXTRA_PORTS = [
    ("CNNBG", "CN", "Ningbo", 29.87, 121.55, ""),
    ("CNNSH", "CN", "Nansha", 22.65, 113.68, ""),
    ("CNTXG", "CN", "Tianjin Xingang", 38.98, 117.79, "Xingang"),
    ("CNFZH", "CN", "Fuzhou", 26.05, 119.3, ""),
    ("CNFAN", "CN", "Fangchenggang", 21.6, 108.35, ""),
    ("CNZHA", "CN", "Zhanjiang", 21.2, 110.4, ""),
    ("CNHUA", "CN", "Huangpu", 23.09, 113.43, ""),
    ("VNCLI", "VN", "Cat Lai", 10.76, 106.79, "Cat Lai Port"),
    ("VNVUT", "VN", "Vung Tau", 10.35, 107.07, ""),
    ("VNTIC", "VN", "Tien Sa", 16.12, 108.22, "Tien Sa Port"),
    ("VNDVU", "VN", "Dinh Vu", 20.84, 106.77, ""),
    ("VNPHG", "VN", "Hai Phong Port", 20.86, 106.68, "Hai Phong"),
    ("KHSHV", "KH", "Sihanoukville", 10.64, 103.51, ""),
    ("TZZNZ", "TZ", "Zanzibar", -6.16, 39.19, ""),
    ("NGTCI", "NG", "Tin Can Island", 6.43, 3.35, "Tin Can"),
    ("NGLEK", "NG", "Lekki", 6.42, 4.01, ""),
    ("MAPTM", "MA", "Tanger Med", 35.88, -5.5, "Tangier Med"),
    ("INMAA", "IN", "Chennai", 13.08, 80.29, ""),
    ("INKTP", "IN", "Kattupalli Port", 13.31, 80.35, ""),
    ("PKQCT", "PK", "Port Qasim", 24.77, 67.33, "Qasim"),
    ("BDCTG", "BD", "Chattogram", 22.33, 91.8, "Chittagong"),
    ("MYPKW", "MY", "Westport Port Klang", 2.95, 101.3, "Westports"),
    ("MYPKN", "MY", "Northport Port Klang", 3.03, 101.36, "Northport"),
    ("TRAMB", "TR", "Ambarli", 40.97, 28.68, ""),
    ("ZANGQ", "ZA", "Ngqura", -33.8, 25.69, "Coega"),
    ("MGTMM", "MG", "Toamasina", -18.15, 49.42, "Tamatave"),
    ("EGPSE", "EG", "Port Said East", 31.22, 32.35, ""),
    ("EGSUC", "EG", "Ain Sukhna", 29.65, 32.34, "Sokhna"),
    ("PAMIT", "PA", "Manzanillo", 9.36, -79.88, ""),
    ("DECUX", "DE", "Cuxhaven", 53.86, 8.7, ""),
    ("LALAO", "LA", "Vientiane Thanaleng", 17.88, 102.71, "Thanaleng"),
    ("LATHK", "LA", "Thakhek", 17.41, 104.83, ""),
    ("LASVT", "LA", "Savannakhet", 16.55, 104.75, ""),
    ("KHPOI", "KH", "Poipet", 13.66, 102.56, ""),
    ("KHBAV", "KH", "Bavet", 11.07, 106.13, ""),
    ("CNPXG", "CN", "Pingxiang", 22.1, 106.76, ""),
    ("CNDXG", "CN", "Dongxing", 21.54, 107.97, ""),
    ("CNMHN", "CN", "Mohan", 21.18, 101.7, ""),
    ("VNMCI", "VN", "Mong Cai", 21.52, 107.97, ""),
    ("VNLSN", "VN", "Lang Son", 21.85, 106.76, ""),
    ("MMMYW", "MM", "Myawaddy", 16.69, 98.51, ""),
    ("THMST", "TH", "Mae Sot", 16.71, 98.57, ""),
    ("THSDO", "TH", "Sadao", 6.64, 100.42, ""),
    ("UGKLA", "UG", "Kampala", 0.32, 32.58, ""),
    ("KEICD", "KE", "Nairobi ICD", -1.33, 36.88, "Embakasi"),
]

#: Other spellings of places in the two lists.
ALIASES = {
    "MYPKG": "Port Klang;Pelabuhan Klang;Klang",
    "VNSGN": "Saigon;Ho Chi Minh;TP Ho Chi Minh;HCMC",
    "VNHPH": "Hai Phong;Hai Phong Port",
    "VNDAD": "Da Nang",
    "CNSHA": "Shanghai Port",
    "CNCAN": "Canton",
    "CNTAO": "Tsingtao",
    "CNXMN": "Amoy",
    "INNSA": "Jawaharlal Nehru;JNPT;Nhava Sheva Port",
    "INCCU": "Kolkata",
    "INBOM": "Bombay",
    "INCOK": "Kochi",
    "MMRGN": "Yangon",
    "AEJEA": "Jabal Ali",
    "KRPUS": "Pusan",
    "KRINC": "Inchon",
    "TWKHH": "Gaoxiong",
    "TWKEL": "Chilung;Jilong",
    "KHKOS": "Kampong Som",
    "TZDAR": "Dar es Salaam;Dar-es-Salaam",
    "NGAPP": "Apapa Port;Lagos Apapa",
    "NGTIN": "Lagos Tin Can",
    "THLCH": "Laem Chabang Port",
    "IDTPP": "Tanjung Priok Jakarta",
    "BRSSZ": "Santos",
    "ESALG": "Algeciras",
    "USNYC": "New York",
    "PHMNL": "Manila North;Manila South",
    "GHTEM": "Tema Port",
    "MZMPM": "Lourenco Marques",
    "MZMNC": "Nacala Port",
    "HKHKG": "Kwai Chung;Kwai Tsing",
    "SGSIN": "Singapore Port;PSA Singapore",
    "LKCMB": "Colombo Port",
}

#: Other names of airports' cities.
AIRPORT_ALIASES = {
    "DEL": "Delhi",
    "DAD": "Danang",
    "BOM": "Bombay",
    "CCU": "Calcutta",
    "RGN": "Rangoon",
    "KHI": "Jinnah",
    "CGK": "Jakarta",
    "KUL": "Kuala Lumpur;KLIA",
    "PVG": "Shanghai Pudong;Shanghai",
    "PEK": "Beijing;Peking",
    "CAN": "Guangzhou;Canton",
    "CMB": "Colombo",
    "PNH": "Pochentong",
    "SGN": "Saigon;Ho Chi Minh;HCMC",
    "HPH": "Hai Phong",
    "JNB": "Johannesburg;OR Tambo",
    "LOS": "Murtala Muhammed",
    "MAA": "Madras",
}

#: code, country, city, lat, lon: city codes and codes not in the list of airports.
EXTRA_AIRPORTS = [
    ("PNH", "KH", "Phnom Penh", 11.55, 104.84),
    ("FRU", "KG", "Bishkek", 43.06, 74.48),
    ("KIV", "MD", "Chisinau", 46.93, 28.93),
    ("LON", "GB", "London", 51.47, -0.45),
    ("PAR", "FR", "Paris", 49.01, 2.55),
    ("NYC", "US", "New York", 40.64, -73.78),
    ("TYO", "JP", "Tokyo", 35.76, 140.39),
    ("OSA", "JP", "Osaka", 34.43, 135.23),
    ("SEL", "KR", "Seoul", 37.46, 126.44),
    ("BJS", "CN", "Beijing", 40.07, 116.6),
    ("JKT", "ID", "Jakarta", -6.13, 106.66),
    ("MIL", "IT", "Milan", 45.63, 8.72),
    ("ROM", "IT", "Rome", 41.8, 12.24),
    ("MOW", "RU", "Moscow", 55.97, 37.41),
    ("SAO", "BR", "Sao Paulo", -23.43, -46.47),
    ("RIO", "BR", "Rio de Janeiro", -22.81, -43.25),
    ("BUE", "AR", "Buenos Aires", -34.82, -58.54),
    ("CHI", "US", "Chicago", 41.98, -87.9),
    ("WAS", "US", "Washington", 38.94, -77.46),
    ("STO", "SE", "Stockholm", 59.65, 17.92),
    ("YTO", "CA", "Toronto", 43.68, -79.63),
    ("YMQ", "CA", "Montreal", 45.47, -73.74),
]

#: Larger cargo airports whose name does not say "International".
MORE_AIRPORTS = """
LHR LGW STN LTN MAN EMA BHX GLA EDI BFS DUB SNN CDG ORY LYS MRS NCE TLS VRY AMS RTM MST EIN BRU LGG OST LUX
FRA MUC CGN LEJ HHN DUS HAM BER STR ZRH GVA BSL VIE SZG MXP LIN BGY FCO VCE BLQ MAD BCN ZAZ VIT VLC AGP LIS
OPO CPH BLL ARN GOT MMX OSL BGO HEL ATH SKG IST SAW ISL ESB ADB PRG WAW BUD OTP SOF BEG ZAG LJU RIX TLL VNO
SVO DME VKO LED OVB SVX KJA VVO ALA TSE TAS GYD TBS EVN DXB DWC AUH SHJ DOH BAH KWI RUH JED DMM MCT AMM BEY
TLV CAI HBE ADD NBO MBA EBB KGL DAR JRO ZNZ JNB CPT DUR PLZ MPM BEW LUN HRE LLW WDH GBE LAD LOS ABV KAN PHC
ACC LFW COO ABJ DKR DSS BKO OUA NIM NDJ DLA NSI BZV FIH FBM LBV SSG TNR MRU RUN CMN ALG TUN DEL BOM MAA BLR
HYD CCU COK TRV CCJ CJB TRZ AMD GAU IXM DAC CGP CMB KTM KHI LHE ISB PEW KBL IKA BKK DMK CNX HKT HDY URT SGN
HAN DAD HPH VCA KUL PEN JHB BKI KCH LGK SZB SIN CGK SUB DPS KNO UPG MDC BPN BTH DJJ SOQ MNL CEB CRK DVO RGN
MDL VTE LPQ PKZ KTI REP BWN DIL HKG MFM CAN SZX PVG SHA PEK PKX CTU TFU CKG KMG XMN FOC HGH NGB NKG WUH CSX
NNG HAK SYX TAO TSN DLC XIY CGO URC TPE KHH TSA RMQ ICN GMP PUS CJU NRT HND KIX NGO FUK OKA CTS UBN SYD MEL
BNE PER ADL CNS DRW AKL CHC WLG POM LAE NAN HIR NOU PPT LAX SFO ORD JFK EWR MIA ATL DFW IAH SEA ANC MEM SDF
CVG ONT OAK BOS IAD PHL DTW MSP DEN PHX HNL GUM YYZ YVR YUL YYC YMX MEX GDL MTY TIJ CUN PTY SJO GUA SAL SAP
HAV SDQ KIN POS BOG MDE CLO UIO GYE LIM VVI LPB SCL EZE GRU VCP GIG BSB MAO FOR REC SSA CNF POA CWB ASU MVD
CCS GEO PBM CAY BZE NAS FDF PTP SJU STT
""".split()  # noqa: SIM905

#: Representative ports: about one per country or coast, between which sea distances are computed.
REPRESENTATIVE = """
SGSIN MYPKG MYBKI THLCH KHKOS VNSGN VNDAD VNHPH HKHKG CNSHA CNNGB CNXMN CNTAO CNDLC CNFAN TWKHH
TWKEL KRPUS JPTYO JPHKT RUVVO RULED RUNVS PHMNL PHDVO IDJKT IDSUB IDBLW IDUPG MMRGN BDCGP INCCU
INMAA INTUT INCOK INBOM INMUN LKCMB MVMLE PKKHI IRBND IQUQR KWKWI SADMN SAJED BHBAH QAHMD AEJEA
OMSOH OMSLL YEADE DJJIB SOMGQ ERMSW SDPZU EGPSD JOAQB ILHFA LBBEY SYLTK CYLMS TRMER TRAMR TRIZM
GEPTI UAODS ROCND BGVAR GRPIR HRRJK ITGOA ITGIT MTMAR FRMRS FRLEH ESBCN ESALG ESLPA PTLIS MATNG
MACAS DZALG TNRAD LYTIP MRNKC SNDKR GNCKY LRMLW CIABJ GHTEM TGLFW BJCOO NGAPP NGPHC CMDLA GALBV
AOLAD NAWVB ZACPT ZADUR MZMPM MZBEW MZMNC TZDAR KEMBA MGTOA MGMJN MUPLU SCPOV CVRAI NLRTM BEANR
DEHAM DKCPH NOOSL SEGOT SESTO FIHEL LVRIX PLGDN GBFXT GBLIV IEDUB ISREY CAMTR CAHAL CAVAN USNYC
USMIA USHOU USLAX USSEA USANC USHNL MXZLO GTSTC CRLIO PABLB PAONX JMKIN DOCAU BSFPO TTPOS COCTG
COBUN VELAG GYGEO BRBEL BRSSA BRSSZ UYMVD ARBUE CLSAI PECLL ECGYE AUSYD AUMEL AUFRE AUBNE NZAKL
PGPOM NCNOU FJSUV PFPPT GUAPR
""".split()  # noqa: SIM905


def read_ports() -> dict[str, dict[str, object]]:
    """Return the sea ports of the searoute package, by code."""
    path = Path(searoute.__file__).parent / "data" / "ports.geojson"
    found: dict[str, dict[str, object]] = {}
    for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
        properties, (lon, lat) = feature["properties"], feature["geometry"]["coordinates"]
        code = properties["port"]
        name = " ".join(str(properties["name"]).split()).split(" (")[0].split(", ")[0]
        if len(code) == 5 and code.isascii() and code.isalnum() and code not in found:
            found[code] = {"name": name, "lat": lat, "lon": lon, "served": int(properties.get("t") == 1)}
    return found


def airports(countries: dict[str, dict[str, str]]) -> list[list[object]]:
    """Return the rows of the larger airports."""
    gateways = {row["airport"] for row in countries.values() if row["airport"]}
    wanted, rows = gateways | set(MORE_AIRPORTS), []
    for code, airport in sorted(airportsdata.load("IATA").items()):
        international = "international" in airport["name"].lower() and airport["icao"]
        if code not in wanted and not international:
            continue
        country = next((c for c, r in countries.items() if r["airport"] == code), airport["country"])
        name = airport["city"] or airport["name"]
        served = int(code in wanted)
        aliases = ";".join(filter(None, [airport["name"].replace(";", " "), AIRPORT_ALIASES.get(code, "")]))
        rows.append([code, "air", country, name, airport["lat"], airport["lon"], served, aliases])
    return rows + [
        [c, "air", k, n, lat, lon, 1, AIRPORT_ALIASES.get(c, "")] for c, k, n, lat, lon in EXTRA_AIRPORTS
    ]


def write_ports(countries: dict[str, dict[str, str]], sea: dict[str, dict[str, object]]) -> None:
    """Write ``ports.csv``; ``served`` marks the places liner services or freighters call at."""
    rows: list[list[object]] = []
    for code, port in sea.items():
        if code[:2] in countries:
            place = [port["name"], port["lat"], port["lon"], port["served"], ALIASES.get(code, "")]
            rows.append([code, "sea", code[:2], *place])
    known = set(sea)
    rows += [[c, "sea", k, n, la, lo, 1, al] for c, k, n, la, lo, al in EXTRA_PORTS if c not in known]
    rows += airports(countries)
    with (OUT / "ports.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["code", "kind", "country", "name", "lat", "lon", "hub", "served", "aliases"])
        for row in sorted(rows, key=lambda r: (str(r[1]), str(r[0]))):
            code, kind, country, name, lat, lon, served, aliases = row
            place = [round(float(str(lat)), 2), round(float(str(lon)), 2), int(code in HUBS)]
            writer.writerow([code, kind, country, name, *place, int(served or code in HUBS), aliases])


def write_distances(sea: dict[str, dict[str, object]]) -> None:
    """Write ``sea_distances.csv``: kilometres between representative ports, one row a pair."""
    codes = sorted(code for code in set(REPRESENTATIVE) if code in sea)
    print(len(codes), "representative ports; unknown:", sorted(set(REPRESENTATIVE) - set(codes)))
    with (OUT / "sea_distances.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["a", "b", "km"])
        for a, b in combinations(codes, 2):
            ends = [[sea[code]["lon"], sea[code]["lat"]] for code in (a, b)]
            route = searoute.searoute(*ends, units="km", append_orig_dest=True)
            writer.writerow([a, b, round(route["properties"]["length"] / 10) * 10])


if __name__ == "__main__":
    with (OUT / "countries.csv").open(encoding="utf-8") as table:
        by_code = {row["iso2"]: row for row in csv.DictReader(table)}
    ports = read_ports()
    write_ports(by_code, ports)
    write_distances(ports)
